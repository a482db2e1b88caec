/** /-/explain in this profile: what would happen to a GET of this path without headers of its own. */

import type { IncomingHttpHeaders } from 'node:http'
import { ageMs, freshForMs, httpBypass, lookupHttp, requestDirectives } from '../../cache/index.js'
import type { HttpStore } from '../../cache/index.js'
import { calling, type HoldUp } from '../admin/admission-forecast.js'
import type { Identity } from '../authentication/authenticate.js'
import type { Services } from '../services.js'
import { forwardedHeaders } from './headers.js'

/** Those of whoever asks for the explanation that would select an answer or forbid one. */
const EXPLAINED = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'range',
] as const

export function explainHttp(
  services: Services,
  store: HttpStore,
  asked: {
    readonly path: string
    readonly headers: IncomingHttpHeaders
    readonly identity: Identity
    readonly held: HoldUp | undefined
  },
) {
  const { path, identity, held } = asked
  const nowMs = services.deps.clock.monotonicMs()
  const given = EXPLAINED.map((name) => [name, asked.headers[name]] as const)
  const own = Object.fromEntries(given.filter(([, value]) => value !== undefined))
  const headers = forwardedHeaders(own, identity.authorization)
  const request = { method: 'GET', target: path, headers, hasBody: false }
  const common = { path, profile: 'http', consumer: identity.consumer }
  const bypass = httpBypass(request)
  if (bypass !== undefined) {
    return { ...common, ...calling(held, 'forwarded', bypass) }
  }
  const floorSeconds = identity.floorMs / 1_000
  const found = lookupHttp(store, request, { nowMs, floorSeconds })
  if (found.kind === 'miss' && requestDirectives(headers).onlyIfCached) {
    return { ...common, answer: 'refused', why: 'not-stored', cache: found.reason, calls: 0 }
  }
  if (found.kind === 'miss') {
    const answer = found.entry === undefined ? 'fetched' : 'validated'
    return { ...common, ...calling(held, answer, found.reason) }
  }
  const { entry, kind } = found
  return {
    ...common,
    answer: kind,
    why: kind === 'hit' ? 'stored and usable' : 'stored and stale: served, and validated behind',
    calls: kind === 'hit' || held?.isRefused === true ? 0 : 1,
    ageSeconds: Math.floor(ageMs(entry, nowMs) / 1_000),
    freshForSeconds: Math.floor(freshForMs(entry, nowMs) / 1_000),
    variesBy: entry.selecting.map(([name]) => name),
  }
}
