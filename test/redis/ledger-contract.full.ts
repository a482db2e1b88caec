/** The ledger on Redis is a ledger. */

import t from 'tap'
import { ledgerContract } from '../limits/contract/ledger.js'
import { LOST_MARGIN_MS } from '../limits/setup.js'
import { eventually, ledgerScene, sleep } from './ledgers.js'
import { startCluster, startSentinels } from './redis-groups.js'
import { startRedis, withoutRedis } from './redis-process.js'

/** Redis' clock begins with what is told, and that is a moment later. */
const TELLING_MS = 50

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const WHERE = { 'one server': startRedis, sentinels: startSentinels, 'a cluster': startCluster }

for (const [where, start] of Object.entries(WHERE)) {
  t.test(where, SKIP, async (t) => {
    const redis = await start(t)
    ledgerContract(t, async (t, limits) => {
      const scene = ledgerScene(t, redis, limits)
      const ledger = await scene.replica()
      return {
        ledger,
        holdMs: scene.holdMs,
        lostMarginMs: LOST_MARGIN_MS,
        pass: (ms) => sleep(ms + TELLING_MS),
        until: eventually,
      }
    })
  })
}
