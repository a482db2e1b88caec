/** What a generic shared cache has to say to one request (RFC 9111 §4). */

import { requestDirectives, type RequestDirectives } from '../rules/cache-control.js'
import type { Outcome } from '../rules/cache-status.js'
import { requestHeader, type RequestHeaders } from '../rules/header-list.js'
import { ageMs, freshForMs, type HttpEntry } from './entry.js'
import type { HttpStore } from './store.js'

/** Why a request goes past the cache in both directions. The words appear in Cache-Status and logs. */
export const HTTP_BYPASS_REASONS = ['method', 'body', 'no-store', 'precondition'] as const
export type HttpBypassReason = (typeof HTTP_BYPASS_REASONS)[number]

export interface HttpRequest {
  readonly method: string
  readonly target: string
  /** As they are sent to the upstream, before any condition of our own. */
  readonly headers: RequestHeaders
  readonly hasBody: boolean
}

export function httpBypass(request: HttpRequest): HttpBypassReason | undefined {
  const { method, headers, hasBody } = request
  const has = (name: string): boolean => requestHeader(headers, name) !== undefined
  if (method !== 'GET' && method !== 'HEAD') return 'method'
  // RFC 9110 §9.3.1: content in a GET has no defined meaning, so what it asks for is not known.
  if (hasBody) return 'body'
  // RFC 9110 §13.1: for the origin to judge.
  if (has('if-match') || has('if-unmodified-since')) return 'precondition'
  if (requestDirectives(headers).noStore) return 'no-store'
  return undefined
}

export type HttpLookup =
  | { readonly kind: 'hit'; readonly entry: HttpEntry }
  /** To be served at once, while one validation runs behind (RFC 5861 §3). */
  | { readonly kind: 'stale'; readonly entry: HttpEntry }
  | {
      readonly kind: 'miss'
      readonly reason: Extract<Outcome, 'uri-miss' | 'vary-miss' | 'stale' | 'request'>
      /** To be validated, and perhaps served if that fails. */
      readonly entry: HttpEntry | undefined
    }

/**
 * `nowMs` by the clock of `HttpEntry.receivedAtMs`. `only-if-cached` is the caller's to turn into a
 * 504. `floorSeconds`: an answer this young satisfies `no-cache` and `max-age` too, by default 0: none.
 */
export function lookupHttp(
  store: Pick<HttpStore, 'select' | 'hasVariants'>,
  { method, target, headers }: HttpRequest,
  { nowMs, floorSeconds = 0 }: { readonly nowMs: number; readonly floorSeconds?: number },
): HttpLookup {
  const found = store.select(target, headers)
  // RFC 9110 §14.2: HEAD knows no ranges, so a part is no answer to it.
  const entry = method === 'HEAD' && found?.status === 206 ? undefined : found
  if (entry === undefined) {
    const reason = store.hasVariants(target) ? 'vary-miss' : 'uri-miss'
    return { kind: 'miss', reason, entry }
  }
  if (entry.policy.noCache) return { kind: 'miss', reason: 'stale', entry }
  const directives = requestDirectives(headers)
  const isFresh = freshForMs(entry, nowMs) > 0
  const isYoung = floorSeconds > 0 && ageMs(entry, nowMs) <= floorSeconds * 1_000
  if (!isYoung && wantsYounger(entry, directives, nowMs)) {
    return { kind: 'miss', reason: isFresh ? 'request' : 'stale', entry }
  }
  if (isFresh) return { kind: 'hit', entry }
  const staleMs = -freshForMs(entry, nowMs)
  if (forbidsStale(entry)) return { kind: 'miss', reason: 'stale', entry }
  const { maxStaleSeconds } = directives
  if (maxStaleSeconds !== undefined && staleMs <= maxStaleSeconds * 1_000) {
    return { kind: 'hit', entry }
  }
  const behindMs = entry.policy.staleWhileRevalidateSeconds * 1_000
  const isWithin = behindMs > 0 && staleMs <= behindMs
  return isWithin && maxStaleSeconds === undefined && directives.minFreshSeconds === undefined
    ? { kind: 'stale', entry }
    : { kind: 'miss', reason: 'stale', entry }
}

/** RFC 9111 §5.2.1. */
function wantsYounger(entry: HttpEntry, directives: RequestDirectives, nowMs: number): boolean {
  const { noCache, maxAgeSeconds, minFreshSeconds } = directives
  // A reload is spelt max-age=0: it means no-cache, even within the same millisecond.
  if (noCache || maxAgeSeconds === 0) return true
  if (maxAgeSeconds !== undefined && ageMs(entry, nowMs) > maxAgeSeconds * 1_000) return true
  return minFreshSeconds !== undefined && freshForMs(entry, nowMs) < minFreshSeconds * 1_000
}

/** RFC 9111 §4.2.4; s-maxage says the same as proxy-revalidate (§5.2.2.10). */
export function forbidsStale({ policy }: HttpEntry): boolean {
  const { noCache, mustRevalidate, proxyRevalidate, sMaxAgeSeconds } = policy
  return noCache || mustRevalidate || proxyRevalidate || sMaxAgeSeconds !== undefined
}

/** RFC 5861 §4: what counts as an error there. */
const ERRORS: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** How long a stale answer is better than none when the upstream cannot be asked, milliseconds. */
const DISCONNECTED_MS = 86_400_000

/**
 * Whether it may be served in the place of a failure: of the status that the upstream answered, or of
 * the connection. Only with stale-if-error in the first case; in the second RFC 9111 §4.2.4 allows it.
 */
export function mayReplaceFailure(
  entry: HttpEntry,
  failure: { readonly kind: 'status'; readonly status: number } | { readonly kind: 'disconnected' },
  nowMs: number,
): boolean {
  if (forbidsStale(entry)) return false
  const { staleIfErrorSeconds } = entry.policy
  const staleMs = -freshForMs(entry, nowMs)
  if (failure.kind === 'status') {
    const isAllowed = staleIfErrorSeconds > 0 && staleMs <= staleIfErrorSeconds * 1_000
    // A fresh one, of which a younger was wanted, needs no leave (RFC 9111 §4.3.3).
    return ERRORS.has(failure.status) && (isAllowed || staleMs < 0)
  }
  return staleMs <= (staleIfErrorSeconds > 0 ? staleIfErrorSeconds * 1_000 : DISCONNECTED_MS)
}
