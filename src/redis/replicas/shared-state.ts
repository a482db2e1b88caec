/**
 * The state that replicas share on Redis. Two connections, so that counting never waits behind the bodies of
 * cache entries.
 */

import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { createRedisStore } from '../cache/redis-store.js'
import { createRedisWrites } from '../cache/redis-writes.js'
import { createSharedFlights } from '../cache/shared-flights.js'
import type { Clock } from '../../limits/index.js'
import { mistakeIn } from '../connection/configuration-mistake.js'
import { connectRedis } from '../connection/connect.js'
import type { RedisConnection } from '../connection/redis-connection.js'
import type { Config } from '../../config/schema.js'
import { createRedisRecords } from '../idempotency-records.js'
import type { SharedState } from '../../server/ports/shared-state.js'
import { earlierLedger } from './earlier.js'
import { createFirstContact } from './first-contact.js'
import { namespaceOf } from './namespace.js'
import { warnOfEviction } from './eviction.js'
import { createRedisLedger } from '../limits/redis-ledger.js'
import type { EarlierLedger } from '../limits/ledger-seed.js'

/** How long a write's socket may outlive the longest wait for its answer. */
const WRITE_MARGIN_MS = 10_000

/**
 * @throws StartRefusedError when Redis refuses the login or is not what we need, or while another proxy uses
 *   store.dir
 */
export async function openSharedState(
  config: Config,
  {
    clock,
    log,
    url,
  }: { readonly clock: Clock; readonly log: FastifyBaseLogger; readonly url: string },
): Promise<SharedState> {
  const replica = randomBytes(6).toString('hex')
  const namespace = namespaceOf(config.upstream.url)
  const complainOnce = complainer(log)
  let mistake: string | undefined
  const complain = (error: Error): void => {
    mistake ??= mistakeIn(error)
    complainOnce(error)
  }
  const connect = (purpose: string): RedisConnection =>
    connectRedis({ url, name: `intervals-proxy-${purpose}-${replica}`, onError: complain })
  const ledgerRedis = connect('ledger')
  const cacheRedis = connect('cache')
  const contact = createFirstContact({
    redis: ledgerRedis,
    namespace,
    mistake: () => mistake,
    log,
  })
  let earlier: EarlierLedger | undefined
  try {
    earlier = await earlierLedger(config.store.dir, { clock, log })
    await contact.begin()
  } catch (error) {
    await Promise.all([ledgerRedis.close(), cacheRedis.close()])
    throw error
  }
  void warnOfEviction(cacheRedis, log)
  let keysLostUntilMs = 0
  const writeTtlMs = config.upstream.timeout + WRITE_MARGIN_MS

  async function restoreSecret(): Promise<void> {
    const kept = await contact.restoreSecret().catch(() => 'kept' as const)
    if (kept === 'kept') return
    log.error(
      "Redis lost its data, and another replica started with another secret before this one could restore it: they share no answers and know none of each other's idempotency keys. Restart this replica",
    )
  }

  return {
    secret: () => contact.secret(),
    createLedger: (options) =>
      createRedisLedger({
        ...options,
        clock,
        redis: ledgerRedis,
        prefix: `${namespace}{ledger}:`,
        egress: config.limits.egress,
        replica,
        trustsNew: config.store.newDisk === 'trust',
        answerWithinMs: config.upstream.timeout + ledgerRedis.overlapMs,
        onTrouble: (text) => log.warn(text),
        ...(earlier !== undefined && { earlier }),
        onLoss: () => void restoreSecret(),
        contactProblem: () => contact.problem(),
      }),
    createWrites: (onPurge) =>
      createRedisWrites({
        redis: cacheRedis,
        namespace,
        replica,
        monotonicMs: () => clock.monotonicMs(),
        maxBehindMs: config.cache.coherence === 'strict' ? 0 : MAX_BEHIND_MS,
        writeTtlMs,
        settleMs: config.cache.writeSettle,
        onPurge,
        onTrouble: (text) => log.warn(text),
      }),
    store: createRedisStore({
      redis: cacheRedis,
      namespace,
      maxEntryBytes: config.cache.maxEntrySize,
      wallMs: () => clock.wallMs(),
    }),
    flights: createSharedFlights({ redis: cacheRedis, namespace, replica }),
    idempotency: {
      records: createRedisRecords({
        redis: ledgerRedis,
        prefix: `${namespace}{keys}:`,
        inFlightMs: writeTtlMs,
        wallMs: () => clock.wallMs(),
        onLost(untilMs) {
          keysLostUntilMs = Math.max(keysLostUntilMs, untilMs)
          log.error(
            `Redis lost its data, so requests with an idempotency key that is not known are refused until ${new Date(untilMs).toISOString()}: nobody can say which were carried out. A restart of all replicas takes that risk`,
          )
        },
      }),
      inDoubtUntilMs: () => keysLostUntilMs,
    },
    async announce(writes, selection) {
      const { account } = selection
      const accountsKey = `${namespace}accounts`
      const known = (await cacheRedis.send(['SMEMBERS', accountsKey], accountsKey)) as string[]
      for (const one of account === undefined ? known : [account]) {
        await writes.purge(one, selection)
      }
    },
    async close() {
      contact.close()
      await Promise.all([ledgerRedis.close(), cacheRedis.close()])
    },
  }
}

/** The bound of `cache.coherence: bounded`, milliseconds. */
export const MAX_BEHIND_MS = 250

/** One line for each kind of error, not one for each attempt. */
function complainer(log: FastifyBaseLogger): (error: Error) => void {
  const SILENCE_MS = 10_000
  const saidAt = new Map<string, number>()
  return (error) => {
    const nowMs = performance.now()
    const kind = (error as NodeJS.ErrnoException).code ?? error.constructor.name
    if (nowMs - (saidAt.get(kind) ?? -Infinity) < SILENCE_MS) return
    saidAt.set(kind, nowMs)
    log.warn({ err: error }, 'no connection to Redis: nothing leaves, hits go on')
  }
}
