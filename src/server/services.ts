/** The parts that a request meets on its way, made once from the configuration. */

import type { FastifyBaseLogger } from 'fastify'
import { LRUCache } from 'lru-cache'
import {
  createFlights,
  createMemoryStore,
  createPrincipals,
  createPurges,
  createTieredStore,
  createWrites,
  resolvePolicies,
} from '../cache/index.js'
import type {
  Disk,
  Fence,
  Flights,
  Policies,
  PolicyOverrides,
  Principals,
  Purges,
  ResponseStore,
  Writes,
} from '../cache/index.js'
import {
  AdmissionQueue,
  createCredentialGate,
  createLedger,
  createWire,
  marginFor,
} from '../limits/index.js'
import type { Clock, CredentialGate, Journal, Ledger, Wire } from '../limits/index.js'
import type { Config } from './config/schema.js'
import type { FillResult } from './proxy/fill.js'
import { createMetrics } from './metrics.js'
import type { Metrics } from './metrics.js'
import { wireEvents } from './wire-events.js'
import { createQuotaAsker } from './quota-asker.js'
import type { QuotaAsker } from './quota-asker.js'

/** What the process hands to the app: everything that is not in the configuration. */
export interface AppDeps {
  readonly clock: Clock
  readonly journal: Journal
  /** Key for the hashes of credentials, at least 32 bytes; the same across restarts. */
  readonly secret: Uint8Array
  /** How to start where the journal has no history. */
  readonly newDisk: 'full' | 'idle'
  /** Where answers outlive the process; without it they are in memory only. */
  readonly disk?: Disk
  /** Contents of upstream.ca. */
  readonly upstreamCa?: string
  readonly version: string
}

export interface Services {
  readonly config: Config
  readonly deps: AppDeps
  readonly log: FastifyBaseLogger
  readonly policies: Policies
  readonly principals: Principals
  readonly store: ResponseStore
  readonly purges: Purges
  readonly fence: Fence
  readonly writes: Writes
  readonly flights: Flights<FillResult>
  readonly ledger: Ledger
  readonly queue: AdmissionQueue
  readonly wire: Wire
  readonly gate: CredentialGate
  readonly quota: QuotaAsker
  readonly metrics: Metrics
  /** Principals that the upstream accepted lately: only they share in answers of others. */
  readonly accepted: LRUCache<string, true>
  /** When the upstream last refused a principal with 401, epoch milliseconds. */
  readonly revoked: LRUCache<string, number>
  /** Keys whose answers were too long to keep: not worth waiting for each other. */
  readonly oversized: LRUCache<string, true>
  /** Keys whose refresh failed a moment ago. */
  readonly refreshCooldown: LRUCache<string, true>
  /** Nobody is admitted any more, and who waits is told; what is out goes on. */
  stopAdmitting(): Promise<void>
  close(): Promise<void>
}

/** A request that was sent must be answered or dead by then, the queue of the socket included. */
const SEND_WITHIN_MS = 5_000
const LOST_MARGIN_MS = 2_000
const ACCEPTED_FOR_MS = 15 * 60_000
const OVERSIZED_FOR_MS = 10 * 60_000
const REFRESH_COOLDOWN_MS = 10_000
/** Before more urgent classes, after this long: a third of the default longest wait. */
const AGING_MS = 10_000

export function createServices(config: Config, deps: AppDeps, log: FastifyBaseLogger): Services {
  const { minute, day, queue: queueConfig } = config.limits
  const { clock } = deps
  const metrics = createMetrics()
  const ledger = createLedger({
    clock,
    journal: deps.journal,
    newDisk: deps.newDisk,
    sendWithinMs: SEND_WITHIN_MS,
    window: {
      max: minute.max,
      windowMs: minute.window,
      marginMs: marginFor(minute.window),
      lostMarginMs: LOST_MARGIN_MS,
    },
    day: {
      max: day.max,
      maxWhileUnknown: 6_000,
      skewGuardMs: 5_000,
      flightGuardMs: SEND_WITHIN_MS + config.upstream.timeout,
    },
  })
  const burst = Math.max(
    1,
    Math.min(minute.max - 1, Math.floor(minute.max * queueConfig.burstShare)),
  )
  const queue = new AdmissionQueue({
    ledger,
    clock,
    pace: { max: minute.max, windowMs: minute.window, burst, graceMs: 50 },
    maxLength: queueConfig.maxLength,
    maxLengthPerConsumer: queueConfig.maxLengthPerConsumer ?? Math.ceil(queueConfig.maxLength / 2),
    agingMs: AGING_MS,
  })
  const wire = createWire({
    ledger,
    clock,
    timeoutMs: config.upstream.timeout,
    maxConnections: Math.min(1_024, minute.max * 2),
    events: wireEvents(log, metrics),
    ...(deps.upstreamCa === undefined ? {} : { ca: deps.upstreamCa }),
  })
  const quota = createQuotaAsker({ config, clock, ledger, queue, wire, log })
  const store = createStore(config, deps, log)
  const writes = createWrites(deps.disk?.fence)
  const flights = createFlights<FillResult>({ maxWaiters: queueConfig.maxLength })

  return {
    config,
    deps,
    log,
    policies: resolvePolicies(overridesOf(config)),
    principals: createPrincipals({ secret: deps.secret }),
    store,
    purges: createPurges(store),
    fence: writes.fence,
    writes,
    flights,
    ledger,
    queue,
    wire,
    gate: createCredentialGate(),
    quota,
    metrics,
    accepted: new LRUCache({ max: 10_000, ttl: ACCEPTED_FOR_MS }),
    revoked: new LRUCache({ max: 10_000 }),
    oversized: new LRUCache({ max: 10_000, ttl: OVERSIZED_FOR_MS }),
    refreshCooldown: new LRUCache({ max: 10_000, ttl: REFRESH_COOLDOWN_MS }),
    async stopAdmitting() {
      quota.close()
      await queue.close()
    },
    /** What is still out is cut and settled; the ledger is closed last. */
    async close() {
      quota.close()
      await queue.close()
      flights.close(new Error('the proxy is stopping'))
      await wire.close()
      await store.close()
      await deps.disk?.close()
      await ledger.close()
    },
  }
}

/** Bytes on their way to the disk; past it answers stay in memory only. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024

function createStore(config: Config, { disk }: AppDeps, log: FastifyBaseLogger): ResponseStore {
  const { maxSize, maxEntrySize } = config.cache
  const memory = createMemoryStore({ maxBytes: maxSize, maxEntryBytes: maxEntrySize })
  if (disk === undefined) return memory
  return createTieredStore({
    memory,
    disk: disk.store,
    maxPendingBytes: MAX_PENDING_BYTES,
    onError: (error) => log.error({ err: error }, 'an answer could not be written to the disk'),
  })
}

function overridesOf(config: Config): PolicyOverrides {
  const overrides: Record<string, object> = {}
  for (const [name, { ttl, stale, share }] of Object.entries(config.cache.resources)) {
    overrides[name] = {
      ...(ttl !== undefined && { ttlMs: ttl }),
      ...(stale !== undefined && { staleMs: stale }),
      ...(share !== undefined && { share: share === 'account' ? 'account' : 'credential' }),
    }
  }
  return overrides
}
