/** The parts that a request meets on its way, made once from the configuration. */

import type { FastifyBaseLogger } from 'fastify'
import { LRUCache } from 'lru-cache'
import {
  createCollections,
  createFlights,
  createHttpStore,
  createPrincipals,
  createPurges,
  createSiblings,
  createWrites,
} from '../cache/index.js'
import type {
  Collections,
  Flights,
  HttpStore,
  Policies,
  Principals,
  Purges,
  ResponseStore,
  SharedFlights,
  Siblings,
  Writes,
} from '../cache/index.js'
import { createCredentialGate } from '../limits/index.js'
import { createUpstreamDispatcher } from '../upstream/index.js'
import type { AdmissionQueue, CredentialGate, Ledger, SpendingBook } from '../limits/index.js'
import type { UpstreamDispatcher } from '../upstream/index.js'
import type { AppDeps } from './app-deps.js'
import type { Budgets } from './budgets/budgets.js'
import { createLimits } from './budgets/create-limits.js'
import type { Config } from '../config/schema.js'
import { createFailures } from './authentication/failed-attempts.js'
import type { Failures } from './authentication/failed-attempts.js'
import type { Gateway } from './authentication/client-directory.js'
import { createBodyMemory } from './edge/body-memory.js'
import type { BodyMemory } from './edge/body-memory.js'
import { createOverload } from './edge/overload.js'
import type { Overload } from './edge/overload.js'
import { createEvents } from '../observability/events.js'
import type { Events } from '../observability/events.js'
import { createKeyBook } from '../idempotency/key-book.js'
import type { KeyBook } from '../idempotency/key-book.js'
import { createMemoryRecords } from '../idempotency/memory-records.js'
import type { FillResult } from './proxy/fill.js'
import type { JointFill } from './proxy/joint-fill.js'
import { ACCEPTED_FOR_MS } from './proxy/note-credential.js'
import { createResponseStore } from './response-store.js'
import { runtimeConfigOf } from './runtime-config.js'
import type { RuntimeConfig } from './runtime-config.js'
import { createMetrics } from '../observability/metrics.js'
import type { Metrics } from '../observability/metrics.js'
import { createRequestRecorder } from '../observability/request-recorder.js'
import type { RequestRecorder } from '../observability/request-recorder.js'
import { createStateLog } from '../observability/state-log.js'
import type { StateLog } from '../observability/state-log.js'
import type { Tracing } from '../observability/tracing-port.js'
import { upstreamEvents } from '../observability/upstream-events.js'
import { createQuotaAsker } from './budgets/quota-check.js'
import type { QuotaAsker } from './budgets/quota-check.js'

export type { AppDeps } from './app-deps.js'

export interface Services {
  /** What a reload may replace is read anew for each request: this, `policies` and `gateway`. */
  readonly config: Config
  readonly deps: AppDeps
  readonly log: FastifyBaseLogger
  readonly policies: Policies
  /** Who is let in, and as whom. */
  readonly gateway: Gateway
  readonly failures: Failures
  /** State changes that somebody may want to be told of. */
  readonly events: Events
  readonly principals: Principals
  readonly store: ResponseStore
  /** In the profile http, in the place of `store`, `generations` and `flights`. */
  readonly httpStore: HttpStore | undefined
  readonly purges: Purges
  /** Which collections are stored, to prove rows by. */
  readonly collections: Collections
  /** Which lists are asked for together, to prove them by one. */
  readonly siblings: Siblings<JointFill>
  readonly generations: Writes['generations']
  readonly writes: Writes
  readonly flights: Flights<FillResult>
  /** One call for equal requests at several replicas; undefined where there is one. */
  readonly sharedFlights: SharedFlights | undefined
  readonly keyBook: KeyBook
  readonly ledger: Ledger
  /** Who spent what, by the hour. */
  readonly spending: SpendingBook
  readonly budgets: Budgets
  readonly queue: AdmissionQueue
  readonly upstream: UpstreamDispatcher
  readonly gate: CredentialGate
  readonly quota: QuotaAsker
  readonly metrics: Metrics
  readonly requests: RequestRecorder
  readonly overload: Overload
  readonly stateLog: StateLog
  /** Undefined: no traces. */
  readonly tracing: Tracing | undefined
  readonly bodies: BodyMemory
  /** Principals that the upstream accepted lately: only they share in answers of others. */
  readonly accepted: LRUCache<string, true>
  /** When the upstream last refused a principal with 401, epoch milliseconds. */
  readonly revoked: LRUCache<string, number>
  /** Keys whose answers were too long to keep: not worth waiting for each other. */
  readonly oversized: LRUCache<string, true>
  /** Keys whose refresh failed a moment ago. */
  readonly refreshCooldown: LRUCache<string, true>
  /** Goes on with another configuration, as a whole. What is out or stored stays as it is. */
  reload(next: Config): void
  /** Nobody is admitted any more, and who waits is told; what is out goes on. */
  stopAdmitting(): Promise<void>
  close(): Promise<void>
}

const REFRESH_COOLDOWN_MS = 10_000

export function createServices(config: Config, deps: AppDeps, log: FastifyBaseLogger): Services {
  const { minute, queue: queueConfig } = config.limits
  const { clock } = deps
  const onClock = { ttlResolution: 0, perf: { now: () => clock.monotonicMs() } }
  const metrics = createMetrics()
  const events = createEvents()
  let runtime = runtimeConfigOf(config)
  const requests = createRequestRecorder({ log, metrics, wallMs: () => clock.wallMs() })
  const rules = (): RuntimeConfig['budgetRules'] => runtime.budgetRules
  const { ledger, spending, budgets, queue } = createLimits(config, deps, {
    rules,
    events,
    log,
    onCall: (change) => requests.recordCall(change),
  })
  const { tracing } = deps
  const ownUpstream = createUpstreamDispatcher({
    ledger,
    clock,
    timeoutMs: config.upstream.timeout,
    answerTimeoutMs: config.upstream.answerTimeout,
    maxConnections: Math.min(1_024, minute.max * 2),
    events: upstreamEvents(log, {
      metrics,
      events,
      isListed: (name) => rules().consumers.has(name),
    }),
    ...(deps.upstreamCa === undefined ? {} : { ca: deps.upstreamCa }),
  })
  const upstream = tracing?.traced(ownUpstream) ?? ownUpstream
  const quota = createQuotaAsker({
    config,
    planOf: (account) => rules().planOf(account).max,
    clock,
    ledger,
    queue,
    upstream,
    log,
  })
  const onEvict = (): void => metrics.cacheEvictions.inc()
  const { memory, store } = createResponseStore(config, deps, { log, onEvict })
  const { shared } = deps
  const sharedWrites = shared?.createWrites((selection) => purges.heard(selection ?? {}))
  const writes = sharedWrites ?? createWrites(deps.disk?.generations)
  const httpStore =
    config.cache.profile === 'http'
      ? createHttpStore({ maxBytes: config.cache.maxSize, onEvict })
      : undefined
  const purges = createPurges(
    httpStore === undefined ? store : { purge: async (selection) => httpStore.purge(selection) },
    shared === undefined || sharedWrites === undefined
      ? {}
      : { memory, announce: (selection) => shared.announce(sharedWrites, selection) },
  )
  const flights = createFlights<FillResult>({ maxWaiters: queueConfig.maxLength })
  const keyBook = createKeyBook({
    records: createMemoryRecords(),
    ...(shared?.idempotency ?? deps.idempotency),
    clock,
    maxWaiting: queueConfig.maxLength,
    onError: (error) => log.error({ err: error }, 'idempotency keys could not be swept'),
  })
  const overload = createOverload(() => deps.isUnderPressure?.() ?? false, metrics)
  const stateLog = createStateLog({ ledger, overload, clock, log })

  return {
    get config() {
      return runtime.config
    },
    get policies() {
      return runtime.policies
    },
    get gateway() {
      return runtime.gateway
    },
    reload(next) {
      runtime = runtimeConfigOf(next)
      log.level = next.log.level
    },
    deps,
    log,
    failures: createFailures(),
    events,
    principals: createPrincipals({ secret: deps.secret }),
    store,
    httpStore,
    purges,
    collections: createCollections(),
    siblings: createSiblings<JointFill>(),
    generations: writes.generations,
    writes,
    flights,
    sharedFlights: shared?.flights,
    keyBook,
    ledger,
    spending,
    budgets,
    queue,
    upstream,
    gate: createCredentialGate(),
    quota,
    metrics,
    requests,
    overload,
    stateLog,
    tracing,
    bodies: createBodyMemory(config.server.bodyMemory),
    accepted: new LRUCache({ max: 10_000, ttl: ACCEPTED_FOR_MS }),
    revoked: new LRUCache({ max: 10_000 }),
    oversized: new LRUCache({ max: 10_000, ttl: 10 * 60_000 }),
    refreshCooldown: new LRUCache({ max: 10_000, ttl: REFRESH_COOLDOWN_MS, ...onClock }),
    async stopAdmitting() {
      quota.close()
      await queue.close()
    },
    /** What is still out is cut and settled; the ledger is closed last. */
    async close() {
      stateLog.close()
      quota.close()
      await queue.close()
      flights.close(new Error('the proxy is stopping'))
      await upstream.close()
      await keyBook.close()
      await store.close()
      httpStore?.close()
      await deps.disk?.close()
      await budgets.close()
      sharedWrites?.close()
      shared?.flights.close()
      await ledger.close()
      await shared?.close()
      await tracing?.close()
    },
  }
}
