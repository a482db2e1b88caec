/** Everything behind one upstream call: the HTTP client, the state of credentials, and the quota check. */

import type { FastifyBaseLogger } from 'fastify'
import type { Principals } from '../../cache/index.js'
import type { Config } from '../../config/schema.js'
import type { Reachability } from '../../observability/reachability.js'
import type { Events } from '../../observability/events.js'
import type { Metrics } from '../../observability/metrics.js'
import { upstreamEvents } from '../../observability/upstream-events.js'
import { createUpstreamDispatcher } from '../../upstream/index.js'
import type { AppDeps } from '../app-deps.js'
import type { Limits } from '../budgets/create-limits.js'
import { createQuotaCheck } from '../budgets/quota-check.js'
import { createCredentialStates } from '../credentials/credential-state.js'
import type { CredentialStates } from '../credentials/credential-state.js'
import type { Overload } from '../edge/overload.js'
import type { RuntimeConfig } from '../runtime-config.js'
import { createUpstreamCall } from './upstream-call.js'
import { createVia } from './via.js'
import type { Via } from './via.js'
import type { CallUpstream } from './upstream-call.js'

export interface Calls {
  readonly call: CallUpstream
  readonly credentials: CredentialStates
  readonly via: Via
  /** Asks no further `/quota/`. */
  stopChecking(): void
  /** Cuts and settles what is still in flight. */
  close(): Promise<void>
}

export interface CallsDeps {
  readonly limits: Pick<Limits, 'ledger' | 'queue'>
  readonly runtime: Pick<RuntimeConfig, 'budgetRules' | 'config'>
  readonly principals: Principals
  readonly overload: Overload
  readonly metrics: Metrics
  readonly events: Events
  readonly reachability: Reachability
  readonly log: FastifyBaseLogger
}

export function createCalls(config: Config, deps: AppDeps, core: CallsDeps): Calls {
  const { clock, tracing, upstreamCa } = deps
  const { limits, runtime, metrics, events, reachability, log, overload, principals } = core
  const { ledger, queue } = limits
  const own = createUpstreamDispatcher({
    ledger,
    clock,
    timeoutMs: config.upstream.timeout,
    answerTimeoutMs: config.upstream.answerTimeout,
    // A generic cache takes what browsers take; of Intervals, such a response is a fault.
    allowsUnknownCoding: config.cache.profile === 'http',
    maxConnections: Math.min(1_024, config.limits.minute.max * 2),
    events: upstreamEvents(log, {
      metrics,
      events,
      reachability,
      isListed: (name) => runtime.budgetRules.consumers.has(name),
    }),
    ...(upstreamCa !== undefined && { ca: upstreamCa }),
    ...(config.upstream.proxy !== undefined && { proxy: config.upstream.proxy }),
  })
  const upstream = tracing?.traced(own) ?? own
  const credentials = createCredentialStates(clock, deps.disk?.changeFeed)
  const quota = createQuotaCheck({
    clock,
    ledger,
    principals,
    log,
    planOf: (account) => runtime.budgetRules.planOf(account).max,
    call: (one) => call(one),
  })
  const via = createVia(deps.secret, { keepsOthers: config.cache.profile === 'http' })
  const call = createUpstreamCall({
    via,
    queue,
    refusals: { ledger, queue, maxWaitMs: () => runtime.config.limits.queue.maxWait },
    upstream,
    credentials,
    quota,
    overload,
    clock,
    metrics,
    log,
    upstreamUrl: config.upstream.url,
    traceWait: tracing && ((one) => tracing.waiting(one)),
  })
  return {
    call,
    credentials,
    via,
    stopChecking: () => quota.close(),
    close: () => upstream.close(),
  }
}
