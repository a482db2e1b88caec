/** Headers of the generic profile: what both profiles strip, and Via in both directions. Pure. */

import type { IncomingHttpHeaders } from 'node:http'
import { CACHE_NAME } from '../../cache/index.js'
import { requestHeaders, responseHeaders } from '../proxy/headers.js'
import type { HeaderRecord } from '../proxy/headers.js'

/**
 * The other preferences than `wait` are for the upstream (RFC 7240 §2), and so is the way so far. A key
 * that nobody here remembers must reach who may, or a repeat would be carried out twice.
 */
const FORWARDED_HERE = ['idempotency-key', 'prefer', 'via'] as const

/** The consumer's headers as the upstream gets them, before our own Via and conditions. */
export function forwardedHeaders(
  headers: IncomingHttpHeaders,
  authorization: string | undefined,
): HeaderRecord {
  const forwarded = requestHeaders(headers, authorization)
  for (const name of FORWARDED_HERE) {
    const value = headers[name]
    if (value !== undefined) forwarded[name] = value
  }
  return forwarded
}

/** RFC 9110 §7.6.3: who received it, by which version; behind those who had it before. */
export function withVia(existing: string | readonly string[] | undefined, version: string): string {
  const before = existing === undefined ? [] : [existing].flat()
  return [...before, `${version} ${CACHE_NAME}`].join(', ')
}

/** Conditions and ranges are the consumer's: not sent when the answer is to be stored or compared. */
const OF_ONE_CONSUMER = ['if-none-match', 'if-modified-since', 'if-range', 'range']

export function withoutConditions(headers: HeaderRecord): HeaderRecord {
  const rest = { ...headers }
  for (const name of OF_ONE_CONSUMER) delete rest[name]
  return rest
}

export const hasConditions = (headers: HeaderRecord): boolean =>
  OF_ONE_CONSUMER.some((name) => headers[name] !== undefined)

/** The upstream's headers as pairs, every value of a repeated one kept. */
export function receivedHeaders(
  headers: IncomingHttpHeaders,
): readonly (readonly [string, string])[] {
  return Object.entries(responseHeaders(headers)).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one] as const),
  )
}

export type MaxForwards =
  | { readonly kind: 'any' }
  /** This many more hops, this one not counted. */
  | { readonly kind: 'left'; readonly hops: number }
  /** The request ends here (RFC 9110 §7.6.2). */
  | { readonly kind: 'last' }

/** For OPTIONS and TRACE only; what is no number is ignored. */
export function maxForwards(method: string, headers: HeaderRecord): MaxForwards {
  const text = headers['max-forwards']
  if (method !== 'OPTIONS' && method !== 'TRACE') return { kind: 'any' }
  if (typeof text !== 'string' || !/^\d{1,9}$/u.test(text)) return { kind: 'any' }
  const hops = Number(text)
  return hops === 0 ? { kind: 'last' } : { kind: 'left', hops: hops - 1 }
}
