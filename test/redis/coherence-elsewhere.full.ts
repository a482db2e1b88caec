/** What one replica acknowledged, every replica has seen: also where sentinels or a cluster say where Redis is. */

import t from 'tap'
import { startCluster, startSentinels } from './redis-groups.js'
import { withoutRedis } from './redis-process.js'
import { startReplicasAt } from './replicas.js'
import { FOR_TRIALS, neverTheOldBody } from './trials.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const TRIALS = Number(process.env['TRIALS'] ?? 300)

for (const [where, start] of Object.entries({ sentinels: startSentinels, cluster: startCluster })) {
  t.test(`${where}: ${TRIALS} writes at one, each read at the other`, SKIP, async (t) => {
    const redis = await start(t)
    const { replicas } = await startReplicasAt(t, redis.url, FOR_TRIALS)
    // On a busy machine a server is soon taken for gone; then nothing leaves for a while.
    await neverTheOldBody(t, replicas, TRIALS, TRIALS / 10)
  })
}
