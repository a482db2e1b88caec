/** Requests for the same answer share one call: the first starts it, the others wait for its answer. */

import type { Readable } from 'node:stream'
import { PRIORITIES } from '../../../limits/index.js'
import type { Flights } from '../../../cache/index.js'
import { ProblemError } from '../../errors/problems.js'
import type { Answer } from '../answer.js'
import { discard } from '../buffer-body.js'
import type { Handler, Layer } from '../layer.js'
import type { CacheRead } from '../profiles/cache-read.js'
import type { CacheProfile } from '../profiles/profile.js'
import type { ProxyRequest } from '../request.js'
import { CallFailedError, problemIn } from '../upstream-call.js'
import { OUT_OF_PATIENCE } from '../../errors/own-refusals.js'

export interface CoalesceDeps<E> {
  readonly profile: Pick<CacheProfile<E>, 'coalescing' | 'generation' | 'mayShare'>
  readonly flights: Flights<SharedAnswer<E>>
  /** Makes the call and stores its answer. */
  readonly fetch: Handler<E>
  readonly forecastMs: (request: ProxyRequest) => number
  readonly nowMs: () => number
  /** How long asking other replicas takes at most; added to no wait in the queue. 0: there are none. */
  readonly roundTripsMs: number
}

export interface SharedAnswer<E> {
  readonly answer: Answer<E>
  readonly leader: ProxyRequest
}

const MAX_TRIES = 4

export function coalesce<E>(deps: CoalesceDeps<E>): Layer<E> {
  const { profile, fetch } = deps

  return async (request, next) => {
    const read = request.read as CacheRead<E> | undefined
    // HEAD is answered from what a GET stored, and otherwise forwarded.
    if (read === undefined || request.method !== 'GET') return next(request)
    const coalescing = profile.coalescing(request, read)
    if (coalescing.kind === 'forward') return next(request)
    if (coalescing.kind === 'alone') return fetch(request)
    const joined = await joinPatiently(deps, request, coalescing.key)
    if (joined === undefined) return next(request)
    const { answer, leader, isOwn } = joined
    const own = isOwn ? answer : withoutCost(answer)
    const { content } = answer
    if (!isOwn && !(await profile.mayShare(answer, request, leader))) return fetch(request)
    if (content.kind === 'stream') {
      // One of the requests that waited takes the stream; the others are forwarded.
      const body = content.claim()
      return body === undefined
        ? next(request)
        : { ...own, content: { ...content, claim: () => body } }
    }
    return own
  }
}

/** A stream that no request claims, because all of them have gone, is discarded after this. */
const CLAIM_WITHIN_MS = 1_000

function expiring<E>(answer: Answer<E>): Answer<E> {
  const { content } = answer
  if (content.kind !== 'stream') return answer
  const timer = setTimeout(() => {
    const body = content.claim()
    if (body !== undefined) discard(body)
  }, CLAIM_WITHIN_MS)
  const claim = (): Readable | undefined => {
    clearTimeout(timer)
    return content.claim()
  }
  return { ...answer, content: { ...content, claim } }
}

/** The answer for a request that waited: the call and its cookies belong to the leader. */
function withoutCost<E>(answer: Answer<E>): Answer<E> {
  const { content, outcome, cacheStatus, ...rest } = answer
  const shared =
    content.kind === 'entry' ? ({ kind: 'entry', entry: content.entry } as const) : content
  const collapsed = outcome === 'hit' ? cacheStatus : { ...cacheStatus, collapsed: true }
  return { ...rest, content: shared, outcome, cacheStatus: collapsed, cost: undefined }
}

/**
 * A request that joined a call still waiting in the queue waits no longer than it would alone; when the
 * leader had less patience than this request, it tries again. Undefined: there was no place.
 */
export async function joinPatiently<E>(
  deps: CoalesceDeps<E>,
  request: ProxyRequest,
  key: string,
): Promise<(SharedAnswer<E> & { readonly isOwn: boolean }) | undefined> {
  for (let tries = 1; ; tries++) {
    let own: SharedAnswer<E> | undefined
    let hasLed = false
    const patience = patienceOf(deps, request)
    try {
      const joined = await deps.flights.join({
        key,
        generation: deps.profile.generation(request),
        async start(flight) {
          hasLed = true
          own = {
            answer: expiring(await deps.fetch({ ...request, signal: flight.signal, flight })),
            leader: request,
          }
          return own
        },
        urgency: PRIORITIES.indexOf(request.priority),
        signal: request.signal,
        patience: patience.signal,
      })
      return joined.kind === 'full' ? undefined : { ...joined.value, isOwn: joined.value === own }
    } catch (error) {
      const problem = problemIn(error)
      const isLeaders = problem !== undefined && OUT_OF_PATIENCE.has(problem.code) && !hasLed
      const mayTry = isLeaders && deps.nowMs() < request.deadlineMs && tries < MAX_TRIES
      if (mayTry && !request.signal.aborted) continue
      // What the call has cost is the leader's.
      throw error instanceof CallFailedError && !hasLed ? error.problem : error
    } finally {
      patience.clear()
    }
  }
}

function patienceOf<E>(
  { roundTripsMs, nowMs, forecastMs }: CoalesceDeps<E>,
  request: ProxyRequest,
): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  const timer = setTimeout(
    () => controller.abort(new ProblemError('DEADLINE', { retryAfterMs: forecastMs(request) })),
    Math.max(1, roundTripsMs, request.deadlineMs - nowMs()),
  )
  return { signal: controller.signal, clear: () => clearTimeout(timer) }
}
