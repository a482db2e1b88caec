/**
 * What the layers would do with a GET, for `/-/explain`: asks the functions that they ask, in their order,
 * and performs no action.
 */

import type { Flights } from '../../cache/index.js'
import type { AdmissionForecast } from '../admin/admission-forecast.js'
import { calling } from '../admin/admission-forecast.js'
import type { CredentialStates } from '../credentials/credential-state.js'
import { LATE_WAIT_MS } from './layers/stale-fallback.js'
import type { SharedAnswer } from './layers/coalesce.js'
import type { CacheRead, Found, Lookup } from './profiles/cache-read.js'
import type { CacheProfile } from './profiles/profile.js'
import { mustRevalidate } from './refresh-cooldown.js'
import type { RefreshCooldown } from './refresh-cooldown.js'
import type { ProxyRequest } from './request.js'

export interface ExplainDeps<E> {
  readonly profile: CacheProfile<E>
  readonly credentials: Pick<CredentialStates, 'closedForMs'>
  readonly cooldown: RefreshCooldown
  readonly flights: Pick<Flights<SharedAnswer<E>>, 'isCurrent'>
  /** What else may show that an entry still holds, without storing it. */
  readonly peek: ((request: ProxyRequest, read: CacheRead<E>) => Promise<CacheRead<E>>) | undefined
  /** What a call would meet now; undefined: it would be sent at once. */
  readonly forecast: (request: ProxyRequest) => AdmissionForecast | undefined
}

export function createExplain<E>(deps: ExplainDeps<E>): (request: ProxyRequest) => Promise<object> {
  const { profile, credentials, cooldown } = deps

  return async (request) => {
    const { consumer, principal } = request.client
    const closedForMs = credentials.closedForMs(principal.id)
    if (closedForMs !== undefined) {
      const detail = `it is tried again in ${Math.ceil(closedForMs / 1_000)} s`
      return { consumer, answer: 'refused', why: 'credential-refused', detail, calls: 0 }
    }
    const held = deps.forecast(request)
    if (request.bypass !== undefined) {
      return { consumer, ...calling(held, 'forwarded', request.bypass.reason) }
    }
    const stored = await profile.lookup(request)
    const read = (await deps.peek?.(request, stored)) ?? stored
    const about = { consumer, token: principal.shortHash, ...profile.describe(request, read) }
    const served = cooldown.applied(read)
    const due = mustRevalidate(read)
    const { found } = served
    if (found.kind === 'hit') {
      return { ...about, answer: 'hit', why: 'stored and fresh', calls: 0, ...timesOf(found) }
    }
    if (found.kind === 'stale')
      return { ...about, ...staleAnswer(request, served, { held, isDue: due !== undefined }) }
    return { ...about, ...missed(request, { read, found, held, isDue: due !== undefined }) }
  }

  function isUnderWay(request: ProxyRequest, read: CacheRead<E>): boolean {
    const coalescing = profile.coalescing(request, read)
    return (
      coalescing.kind === 'shared' &&
      deps.flights.isCurrent(coalescing.key, profile.generation(request))
    )
  }

  function staleAnswer(
    request: ProxyRequest,
    read: CacheRead<E>,
    { held, isDue }: { readonly held: AdmissionForecast | undefined; readonly isDue: boolean },
  ) {
    const unrefreshed = whyUnrefreshed()
    const age = isDue ? 'late' : 'stale'
    const why = `stored and ${age}: served, ${unrefreshed ?? 'and refreshed behind'}`
    return {
      answer: 'stale',
      why,
      calls: unrefreshed === undefined ? 1 : 0,
      ...timesOf(read.found as Found<E>),
    }

    function whyUnrefreshed(): string | undefined {
      if (isUnderWay(request, read)) return 'and a refresh is under way'
      if (cooldown.has(read.key)) return 'and not refreshed: that failed a moment ago'
      return held?.isRefused === true
        ? `and not refreshed: no call can be made (${held.by})`
        : undefined
    }
  }

  function missed(
    request: ProxyRequest,
    {
      read,
      found: { reason, fallback },
      held,
      isDue,
    }: {
      readonly read: CacheRead<E>
      readonly found: Extract<Lookup<E>, { kind: 'miss' }>
      readonly held: AdmissionForecast | undefined
      readonly isDue: boolean
    },
  ) {
    if (request.directives.onlyIfCached) {
      return { answer: 'refused', why: 'not-stored', cache: reason, calls: 0 }
    }
    if (isUnderWay(request, read)) return { answer: 'joined', why: reason, calls: 0 }
    const isTooLong = isDue && (held?.waitSeconds ?? 0) * 1_000 > LATE_WAIT_MS
    if (fallback === undefined || held === undefined || !(held.isRefused || isTooLong)) {
      return calling(held, profile.toValidate(read) === undefined ? 'fetched' : 'validated', reason)
    }
    const wanted = isDue ? 'stored and late' : 'a younger one is wanted'
    const why = `${wanted}, and no call can be made (${held.by}): what is stored is served`
    return { answer: 'stale', why, detail: held.detail, calls: 0, ...timesOf(fallback) }
  }
}

const timesOf = ({
  ageSeconds,
  ttlSeconds: freshForSeconds,
}: Pick<Found<unknown>, 'ageSeconds' | 'ttlSeconds'>) => ({
  ageSeconds,
  freshForSeconds,
})
