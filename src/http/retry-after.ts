/** Retry-After, parsed and formatted (RFC 9110 §10.2.3). */

import { parseHttpDate } from './http-date.js'

/** Milliseconds from now that a Retry-After asks for; undefined when the value is not valid. */
export function parseRetryAfter(value: string | undefined, wallMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const dateMs = parseHttpDate(text, wallMs)
  return dateMs === undefined ? undefined : Math.max(0, dateMs - wallMs)
}

/** Whole seconds, rounded up, at least 1: an earlier retry would fail. */
export function retryAfterSeconds(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1_000))
}
