/**
 * What happens to a request, in order. Each layer answers the request itself or asks the next one.
 *
 *     client ─► arrival: target, client, rights ─► the layers below ─► writer ─► client
 *
 * The limits are below the cache and below coalescing: hits, and requests that share a call, cost nothing.
 */

import type { Flights, Purges, SharedFlights } from '../../cache/index.js'
import type { Clock } from '../../limits/index.js'
import type { Metrics } from '../../observability/metrics.js'
import type { CredentialStates } from '../credentials/credential-state.js'
import { ProblemError } from '../errors/problems.js'
import { stack } from './layer.js'
import type { Handler, Layer } from './layer.js'
import { answerErrors } from './layers/answer-errors.js'
import { answerFromCache } from './layers/answer-from-cache.js'
import { coalesce } from './layers/coalesce.js'
import type { SharedAnswer } from './layers/coalesce.js'
import { credentialBreaker } from './layers/credential-breaker.js'
import { fetchForCache } from './layers/fetch.js'
import { forward } from './layers/forward.js'
import { invalidate } from './layers/invalidate.js'
import { lookup } from './layers/lookup.js'
import { staleFallback } from './layers/stale-fallback.js'
import type { CacheProfile } from './profiles/profile.js'
import type { RefreshCooldown } from './refresh-cooldown.js'
import { createRefresh } from './refresh.js'
import type { ProxyRequest } from './request.js'
import type { CallUpstream } from './upstream-call.js'

/** Layers of optional features; each list may be empty. */
export interface OptionalLayers<E> {
  /** Between the lookup and the answer from the cache: what else shows that an entry still holds. */
  readonly beforeAnswer: readonly Layer<E>[]
  /** Before a call of a reader's own. */
  readonly beforeCall: readonly Layer<E>[]
  /** Before the call of a refresh behind a stale answer. */
  readonly beforeRefresh: readonly Layer<E>[]
  /** Around the call whose answer is stored. */
  readonly aroundFetch: readonly Layer<E>[]
  /** Before a request is forwarded. */
  readonly beforeForward: readonly Layer<E>[]
}

export interface PipelineDeps<E> {
  readonly profile: CacheProfile<E>
  readonly call: CallUpstream
  readonly credentials: Pick<CredentialStates, 'closedForMs'>
  readonly cooldown: RefreshCooldown
  readonly flights: Flights<SharedAnswer<E>>
  /** One call for equal requests at several replicas; undefined where there is one. */
  readonly sharedFlights: SharedFlights | undefined
  readonly purges: Pick<Purges, 'count'>
  /** How long a call of this request would wait in the queue. */
  readonly forecastMs: (request: ProxyRequest) => number
  readonly clock: Clock
  readonly metrics: Pick<Metrics, 'savedCalls'>
  readonly optional: OptionalLayers<E>
}

/** Asking other replicas takes up to this, milliseconds; it is no wait in the queue. */
const ROUND_TRIPS_MS = 500

export function createPipeline<E>(deps: PipelineDeps<E>): Handler<E> {
  const { profile, call, credentials, cooldown, clock, purges, sharedFlights, optional } = deps
  const nowMs = (): number => clock.monotonicMs()
  const fetch = stack(optional.aroundFetch, fetchForCache({ profile, call, purges, sharedFlights }))
  const shared = coalesce({
    profile,
    flights: deps.flights,
    fetch,
    nowMs,
    forecastMs: deps.forecastMs,
    roundTripsMs: sharedFlights === undefined ? 0 : ROUND_TRIPS_MS,
  })
  const refresh = createRefresh({
    cooldown,
    clock,
    metrics: deps.metrics,
    fetch: stack([...optional.beforeRefresh, shared], neverForwarded),
  })

  return stack(
    [
      answerErrors(), //                                  an error becomes an answer in Intervals' shape
      credentialBreaker(credentials), //                  refused by Intervals a moment ago: 401
      lookup(profile), //                                 what does the cache know?
      ...optional.beforeAnswer, //                        does a fetched list prove the row?
      answerFromCache({ cooldown, refresh }), //          fresh; or stale, with one refresh behind
      staleFallback({ profile, cooldown, refresh, nowMs }), //  no newer answer: the stored one
      ...optional.beforeCall, //                          one call for several similar lists
      shared, //                                          equal requests share one call, which is stored
      ...optional.beforeForward, //                       a write with Idempotency-Key: sent once
      invalidate(profile), //                             a write that may have had an effect invalidates when it ends
    ],
    forward(profile), //                                  queue, ledger, upstream; the answer is streamed
  )
}

async function neverForwarded(_request: ProxyRequest): Promise<never> {
  throw new ProblemError('QUEUE_FULL')
}
