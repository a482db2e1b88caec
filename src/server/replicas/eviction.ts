/** What Redis throws away when it is short of memory must be answers, and nothing that counts. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { RedisUnavailableError } from '../../storage/redis/connection.js'
import type { RedisConnection } from '../../storage/redis/connection.js'

export async function warnOfEviction(
  redis: RedisConnection,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<void> {
  const policy = await setting(redis, 'maxmemory-policy')
  if (policy === UNANSWERED) return
  if (policy === undefined) {
    log.warn(
      'Redis does not tell its maxmemory-policy (CONFIG GET is not allowed): see to it yourself that it is volatile-lru or another volatile one',
    )
    return
  }
  if (policy.startsWith('allkeys-')) {
    log.warn(
      `Redis has maxmemory-policy ${policy}, so it may drop the count of requests when it is short of memory; then nothing leaves for a window. Set it to volatile-lru: stored answers have a time to live, the count has none`,
    )
  }
  const isBounded = (await setting(redis, 'maxmemory')) !== '0'
  if (policy === 'noeviction' && isBounded) {
    log.warn(
      'Redis has maxmemory-policy noeviction: once it is full nothing can be counted, so nothing leaves. Set it to volatile-lru, and stored answers make room',
    )
  }
}

const ATTEMPTS = 10
const ATTEMPT_EVERY_MS = 500

const UNANSWERED = Symbol('Redis did not answer')

/** Undefined: Redis does not tell. */
async function setting(
  redis: RedisConnection,
  name: string,
): Promise<string | typeof UNANSWERED | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await redis.send(['CONFIG', 'GET', name])
      const value = (reply as Record<string, unknown> | null)?.[name]
      return typeof value === 'string' ? value : undefined
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) return undefined
      if (attempt === ATTEMPTS) return UNANSWERED
      await sleep(ATTEMPT_EVERY_MS, undefined, { ref: false })
    }
  }
}
