/** A Redis of its own for one test. */

import type { Test } from 'tap'
import { launchRedis } from '../../bench/redis/redis-server.js'
import type { RedisProcess } from '../../bench/redis/redis-server.js'

export { freePort, withoutRedis } from '../../bench/redis/redis-server.js'
export type { RedisProcess } from '../../bench/redis/redis-server.js'

export async function startRedis(t: Test, more: readonly string[] = []): Promise<RedisProcess> {
  const redis = await launchRedis(more)
  t.teardown(() => redis.close())
  return redis
}
