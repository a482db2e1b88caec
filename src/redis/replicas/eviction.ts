/** Warns if Redis could evict counts, and not only cache entries, when it is short of memory. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { RedisUnavailableError } from '../connection/redis-connection.js'
import type { RedisConnection } from '../connection/redis-connection.js'

export async function warnOfEviction(
  redis: RedisConnection,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<void> {
  const policies = await setting(redis, 'maxmemory-policy')
  if (policies === UNANSWERED) return
  if (policies.length === 0) {
    log.warn(
      'Redis does not tell its maxmemory-policy (CONFIG GET is not allowed): see to it yourself that it is volatile-lru or another volatile one',
    )
    return
  }
  const dropping = policies.find((policy) => policy.startsWith('allkeys-'))
  if (dropping !== undefined) {
    log.warn(
      `Redis has maxmemory-policy ${dropping}, so it may drop the count of requests when it is short of memory; then nothing leaves for a window. Set it to volatile-lru: stored answers have a time to live, the count has none`,
    )
  }
  const limits = await setting(redis, 'maxmemory')
  const isBounded = limits !== UNANSWERED && limits.some((limit) => limit !== '0')
  if (policies.includes('noeviction') && isBounded) {
    log.warn(
      'Redis has maxmemory-policy noeviction: once it is full nothing can be counted, so nothing leaves. Set it to volatile-lru, and stored answers make room',
    )
  }
}

const ATTEMPTS = 10
const ATTEMPT_EVERY_MS = 500

const UNANSWERED = Symbol('Redis did not answer')

/** The different values of the servers; empty: one of them does not tell. */
async function setting(
  redis: RedisConnection,
  name: string,
): Promise<readonly string[] | typeof UNANSWERED> {
  const values = new Set<string>()
  for (let attempt = 1; ; attempt++) {
    try {
      for (const server of await redis.servers()) {
        const reply = await server.send(['CONFIG', 'GET', name])
        const value = (reply as Record<string, unknown> | null)?.[name]
        if (typeof value !== 'string') return []
        values.add(value)
      }
      return [...values]
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) return []
      if (attempt === ATTEMPTS) return UNANSWERED
      await sleep(ATTEMPT_EVERY_MS, undefined, { ref: false })
    }
  }
}
