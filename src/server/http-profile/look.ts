/** What is stored for a request, and how good it still is. */

import { freshForMs, lookupHttp } from '../../cache/index.js'
import type { HttpEntry, HttpLookup } from '../../cache/index.js'
import type { HttpExchange } from './exchange.js'
import type { HttpServices } from './services.js'

export function look(http: HttpServices, { request, proxy }: HttpExchange): HttpLookup {
  return lookupHttp(http.store, request, {
    nowMs: http.all.deps.clock.monotonicMs(),
    floorSeconds: proxy.floorMs / 1_000,
  })
}

/** Freshness left, whole seconds (RFC 9211 §2.6). */
export const ttlSeconds = (http: HttpServices, entry: HttpEntry): number =>
  Math.floor(freshForMs(entry, http.all.deps.clock.monotonicMs()) / 1_000)

/** Under this an entry is known whose origin failed a moment ago. */
export const cooldownKey = ({ target, selecting }: HttpEntry): string =>
  JSON.stringify(['http', target, selecting])
