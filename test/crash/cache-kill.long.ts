// The proxy as a process, killed again and again in the middle of reads and writes: what was
// acknowledged is never taken back by the cache on disk, and the cache on disk is used at once.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { startProxy } from './proxy-process.js'
import type { ProxyProcess } from './proxy-process.js'
import { startRenaming } from './renaming.js'

const KILLS = 20
const SET_UP = ['/worktype/', '/taskstatus/', '/taskpriority/']
const TOKENS = ['agencyadm01', 'agencyadm1b', 'agencyadm02', 'agencyadm03']

t.test(`${KILLS} times kill -9 in the middle of reads and writes`, async (t) => {
  const simulator = await startSimulator({
    minuteMax: 100_000,
    minuteWindowMs: 1000,
    dayMax: 10_000_000,
    latencyMs: [0, 25],
  })
  const root = mkdtempSync(join(tmpdir(), 'intervals-proxy-cache-kill-'))
  let proxy: ProxyProcess | undefined
  const load = startRenaming(() => proxy?.url, TOKENS)
  t.teardown(async () => {
    await load.stop()
    await proxy?.kill('SIGKILL')
    await simulator.close()
    rmSync(root, { recursive: true, force: true })
  })
  const start = async (): Promise<ProxyProcess> => {
    proxy = await startProxy({
      upstream: simulator.url,
      dataDir: join(root, 'data'),
      env: {
        INTERVALS_PROXY_MINUTE_MAX: '100000',
        INTERVALS_PROXY_MINUTE_WINDOW: '1s',
        INTERVALS_PROXY_DAY_MAX: '1000000',
        INTERVALS_PROXY_LOG_LEVEL: 'error',
      },
    })
    return proxy
  }

  let random = 13
  const next = (below: number): number => (random = (random * 48_271) % 0x7f_ff_ff_ff) % below
  let hits = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const running = await start()
    // Nothing that anybody writes here touches these: stored before the first kill, hits ever after.
    const asked = SET_UP.flatMap((path) =>
      TOKENS.map((token) => load.get(running.url, path, token)),
    )
    const outcomes = (await Promise.all(asked)).map(({ cacheStatus }) => cacheStatus)
    const missed = outcomes.filter((status) => !status.startsWith('intervals-proxy; hit'))
    if (kill > 0) t.same(missed, [], `start ${kill + 1}: ${outcomes.length} hits at once`)
    if (kill > 0) hits += outcomes.length
    await wait(100 + next(700))
    proxy = undefined
    await running.kill('SIGKILL')
  }
  await start()
  await wait(300)
  await load.stop()
  const { reads, fromCache, acknowledged, unacknowledged, informed, problems } = load.tally
  t.comment(
    `${reads} reads, ${fromCache} from the cache, ${informed} after an acknowledgement; ` +
      `${acknowledged} writes acknowledged, ${unacknowledged} not; ${hits} hits right after a start; ` +
      `${simulator.arrivals.length} arrivals`,
  )
  t.same(problems, [])
  t.ok(reads > 500 && fromCache > 50 && informed > 200, 'there was something to contradict')
  t.ok(acknowledged > 50 && unacknowledged > 0, 'and something to cut off')
})
