/** Makes the pipeline from the configuration: the cache of the profile, the layers, and what observes them. */

import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createFlights } from '../../cache/index.js'
import type { Principals } from '../../cache/index.js'
import type { FastPathOptions, InstalledIdempotency } from '../ports/pipeline-features.js'
import type { Freshness } from '../../freshness/index.js'
import type { Metrics } from '../../observability/metrics.js'
import type { RequestRecorder } from '../../observability/request-recorder.js'
import { forecastOf } from '../admin/admission-forecast.js'
import type { AppDeps } from '../app-deps.js'
import { createFailures } from '../authentication/failed-attempts.js'
import type { Limits } from '../budgets/create-limits.js'
import { createBodyMemory } from '../edge/body-memory.js'
import type { Overload } from '../edge/overload.js'
import type { RuntimeConfig } from '../runtime-config.js'
import type { Classify } from './arrival.js'
import type { CacheParts, CacheUsage } from './cache-parts.js'
import type { Calls } from './calls.js'
import { createExplain } from './explain.js'
import type { SharedAnswer } from './layers/coalesce.js'
import { createLimitHeaders } from './limit-headers.js'
import { createPipeline } from './pipeline.js'
import { pipelinePlugin } from './plugin.js'
import { createHttpCache } from './profiles/http-parts.js'
import { createIntervalsCache } from './profiles/intervals-parts.js'
import { RefreshCooldown } from './refresh-cooldown.js'
import type { ProxyRequest } from './request.js'
import { turnOf } from './turn-of.js'
import { createAnswerWriter } from './write-answer.js'

export interface PipelineCore {
  readonly runtime: RuntimeConfig
  readonly calls: Calls
  readonly limits: Pick<Limits, 'ledger' | 'queue'>
  readonly principals: Principals
  readonly overload: Overload
  readonly freshness: Freshness
  readonly metrics: Metrics
  readonly log: FastifyBaseLogger
  readonly requests: RequestRecorder
  readonly idempotency: InstalledIdempotency | undefined
}

/** What the pages under `/-/`, the fast path and the shutdown need of it. */
export interface InstalledPipeline {
  readonly cache: Pick<CacheParts<unknown>, 'purges' | 'unselectable' | 'close'>
  readonly explain: (request: ProxyRequest) => Promise<object>
  /** Undefined where hits take the slow path only. */
  readonly installFastPath: ((app: FastifyInstance, options: FastPathOptions) => void) | undefined
  readonly classify: Classify
  /** Everything outside `/-/`. */
  readonly routes: (app: FastifyInstance) => Promise<void>
  usage(): CacheUsage & { readonly flights: number; readonly bodyBytes: number }
  close(): void
}

export function createProxyPipeline(deps: AppDeps, core: PipelineCore): InstalledPipeline {
  const { runtime, calls, metrics, log, requests } = core
  const { clock } = deps
  const { config } = runtime
  const { credentials } = calls
  const limitHeaders = createLimitHeaders((account) => core.limits.ledger.remaining(account), clock)
  if (config.cache.profile === 'http') {
    return assemble(deps, {
      ...core,
      limitHeaders,
      cache: createHttpCache(config, { clock, metrics }),
    })
  }
  const cache = createIntervalsCache(config, deps, {
    runtime,
    credentials,
    freshness: core.freshness,
    metrics,
    log,
  })
  const { store, writes } = cache
  const { features, tracing } = deps
  const ports = {
    runtime,
    cache: cache.cache,
    store,
    writes,
    credentials,
    limitHeaders,
    requests,
    clock,
  }
  return {
    ...assemble(deps, { ...core, limitHeaders, cache }),
    // The fast path runs no hooks, so it would record no spans.
    installFastPath:
      tracing === undefined
        ? (app, options) => features?.installFastPath?.(app, ports, options)
        : undefined,
  }
}

interface AssembledFrom<E> extends PipelineCore {
  readonly cache: CacheParts<E>
  readonly limitHeaders: ReturnType<typeof createLimitHeaders>
}

function assemble<E>({ clock, tracing }: AppDeps, core: AssembledFrom<E>): InstalledPipeline {
  const {
    runtime,
    cache,
    calls,
    limits,
    overload,
    metrics,
    principals,
    limitHeaders,
    idempotency,
  } = core
  const { profile, purges, sharedFlights, classify, credentials, knowsResources } = cache
  const { call } = calls
  const { queue, ledger } = limits
  const { config } = runtime
  const flights = createFlights<SharedAnswer<E>>({ maxWaiters: config.limits.queue.maxLength })
  const cooldown = new RefreshCooldown(clock)
  const bodies = createBodyMemory(config.server.bodyMemory)
  const { layers, peek } = cache.install(call)
  const maxWaitMs = (): number => runtime.config.limits.queue.maxWait
  const admissionOf = ({ target, maxWaitMs, ...request }: ProxyRequest) => ({
    ...turnOf({ ...request, resource: target.resource }, calls.credentials),
    maxWaitMs,
  })
  const handle = createPipeline({
    forecastMs: (request) => queue.forecastMs(admissionOf(request)),
    profile,
    call,
    credentials,
    cooldown,
    flights,
    sharedFlights,
    purges,
    clock,
    metrics,
    optional: {
      ...NO_LAYERS,
      ...layers,
      beforeForward: idempotency === undefined ? [] : [idempotency.layer<E>()],
    },
  })
  return {
    cache,
    installFastPath: undefined,
    classify,
    explain: createExplain({
      profile,
      credentials,
      cooldown,
      flights,
      peek,
      forecast: (request) =>
        forecastOf({ ledger, queue, overload, maxWaitMs }, admissionOf(request)),
    }),
    routes: (app) =>
      pipelinePlugin(app, {
        call,
        handle,
        interimTo: cache.interimTo,
        upstreamUrl: config.upstream.url,
        arrival: {
          knowsResources,
          clock,
          maxWaitMs,
          via: calls.via,
          classify,
          authentication: {
            clients: () => runtime.clients,
            failures: createFailures(),
            metrics,
            principals,
            clock,
          },
          traceOf: tracing && ((request) => tracing.contextOf(request)),
        },
        body: { limitBytes: config.server.bodyLimit, overload, bodies },
        write: createAnswerWriter({ profile, limitHeaders }),
      }),
    usage: () => ({ ...cache.usage(), flights: flights.size(), bodyBytes: bodies.used() }),
    close: () => flights.close(new Error('the proxy is stopping')),
  }
}

const NO_LAYERS = { beforeAnswer: [], beforeCall: [], beforeRefresh: [], aroundFetch: [] }
