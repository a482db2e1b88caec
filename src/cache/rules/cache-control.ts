/**
 * Cache-Control, parsed tolerantly (RFC 9111 §5.2): the strictest reading of a repeated or malformed
 * directive wins.
 */

import type { RequestHeaders } from './header-list.js'

/** What a request asks of the cache (RFC 9111 §5.2.1). */
export interface RequestDirectives {
  readonly noCache: boolean
  readonly noStore: boolean
  readonly onlyIfCached: boolean
  /** Oldest answer wanted, seconds. */
  readonly maxAgeSeconds?: number
  /** How much longer the answer has to stay fresh, seconds. */
  readonly minFreshSeconds?: number
  /** How far past its freshness an answer may be, seconds; Infinity when the directive is bare. */
  readonly maxStaleSeconds?: number
}

/** What an answer asks of the cache (RFC 9111 §5.2.2), as far as a forced TTL leaves it a say. */
export interface ResponseDirectives {
  readonly noStore: boolean
  readonly isPrivate: boolean
}

/** Every directive with its arguments, undefined for one without. Names in lower case. */
export type Directives = ReadonlyMap<string, readonly (string | undefined)[]>

export function parseCacheControl(value: string): Directives {
  const directives = new Map<string, (string | undefined)[]>()
  // A name, then perhaps an argument: a quoted string or a token. A quote that is never closed is
  // skipped, so that it hides none of the directives after it.
  const pattern = /([^\s,=;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/gsu
  for (const [, name = '', quoted, token] of value.matchAll(pattern)) {
    const key = name.toLowerCase()
    const argument = quoted?.replaceAll(/\\(.)/gsu, '$1') ?? token
    const earlier = directives.get(key)
    // Not a copy with one more: a header of the same name a thousand times would cost a million.
    if (earlier === undefined) directives.set(key, [argument])
    else earlier.push(argument)
  }
  return directives
}

const NO_DIRECTIVES: RequestDirectives = { noCache: false, noStore: false, onlyIfCached: false }

/** `Pragma: no-cache` counts only where there is no Cache-Control (RFC 9111 §5.4). */
export function requestDirectives(headers: RequestHeaders): RequestDirectives {
  const { 'cache-control': cacheControl, pragma } = headers
  if (cacheControl === undefined) {
    if (pragma === undefined) return NO_DIRECTIVES
    return { ...NO_DIRECTIVES, noCache: parseCacheControl(String(pragma)).has('no-cache') }
  }
  const directives = parseCacheControl(String(cacheControl))

  const maxAge = directives.get('max-age')?.map((text) => seconds(text) ?? 0)
  const minFresh = directives.get('min-fresh')?.map((text) => seconds(text) ?? Infinity)
  const maxStale = directives
    .get('max-stale')
    ?.map((text) => (text === undefined ? Infinity : (seconds(text) ?? 0)))
  return {
    noCache: directives.has('no-cache'),
    noStore: directives.has('no-store'),
    onlyIfCached: directives.has('only-if-cached'),
    ...(maxAge && { maxAgeSeconds: Math.min(...maxAge) }),
    ...(minFresh && { minFreshSeconds: Math.max(...minFresh) }),
    ...(maxStale && { maxStaleSeconds: Math.min(...maxStale) }),
  }
}

/** `cacheControl`: the values of all its Cache-Control headers. */
export function responseDirectives(cacheControl: readonly string[]): ResponseDirectives {
  if (cacheControl.length === 0) return { noStore: false, isPrivate: false }
  const directives = parseCacheControl(cacheControl.join(', '))
  return { noStore: directives.has('no-store'), isPrivate: directives.has('private') }
}

/** delta-seconds (RFC 9111 §1.2.2), capped at 2^31 as it asks; undefined when it is not a number. */
function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/u.test(text) ? Math.min(Number(text), 2 ** 31) : undefined
}
