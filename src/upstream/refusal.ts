/**
 * Reads a refusal out of an answer. The documented shape is HTTP 400 with API code 11 (day) or 12
 * (too fast); an ordinary 400 (17, 18 ...) is no refusal.
 */

import { apiCodeOf, apiMessageOf } from './api-code.js'
import { WINDOW_SCOPE, accountScope } from '../limits/index.js'
import type { RefusalFound } from '../limits/index.js'

/** Statuses whose body is read before they are passed on. Of a 200 the beginning is enough. */
export const SUSPECT_STATUSES: ReadonlySet<number> = new Set([200, 400, 402, 418, 429, 503])

/** A 200 whose envelope reports an error holds nothing else, so it is short. */
export const MAX_ERROR_IN_200_BYTES = 4_096

/** What a 200 must have, because its rows may hold any text. */
const ERROR_MEMBER = /"error"\s*:|<error[\s>]/iu

/** Error bodies are short; a longer one is no refusal. */
export const MAX_REFUSAL_BYTES = 65_536

/** API error codes of the upstream, and what each says about going on. */
const BY_API_CODE: Readonly<Record<number, RefusalFound['reason']>> = {
  4: 'suspended',
  5: 'banned',
  6: 'unpaid',
  11: 'day-exceeded',
  12: 'too-fast',
}

/** The codes that each status can carry; a 400 that says 4 is about something else. */
const CODES_OF_STATUS: Readonly<Record<number, readonly number[]>> = {
  200: [11, 12],
  400: [11, 12],
  402: [6],
  418: [5],
  429: [11, 12],
  503: [4, 11, 12],
}

/** Statuses that say enough without a code. */
const BY_STATUS: Readonly<Record<number, RefusalFound['reason']>> = {
  402: 'unpaid',
  418: 'banned',
  429: 'too-fast',
}

export function findRefusal(answer: {
  readonly status: number
  readonly body: string
  readonly retryAfterMs: number | undefined
  readonly account: string
}): RefusalFound | undefined {
  const { status, body, retryAfterMs, account } = answer
  if (status === 200 && !ERROR_MEMBER.test(body)) return undefined
  const code = apiCodeOf(body, CODES_OF_STATUS[status] ?? [])
  const reason = (code === undefined ? undefined : BY_API_CODE[code]) ?? BY_STATUS[status]
  if (reason === undefined) return undefined
  const scope = reason === 'too-fast' ? WINDOW_SCOPE : accountScope(account)
  return { reason, scope, retryAfterMs, message: apiMessageOf(body) }
}

/**
 * Whether an error body comes from another intervals-proxy between this one and Intervals, which says so
 * in a top-level member. Intervals has not refused anything then, so nothing pauses.
 */
export function isFromGateway(body: string): boolean {
  const text = body.trimStart()
  if (text.startsWith('<')) return (text.split(/<error[\s>]/iu, 1)[0] ?? '').includes(XML_SOURCE)
  if (!text.includes(SOURCE)) return false
  try {
    const document = JSON.parse(text) as { readonly source?: unknown } | null
    return document?.source === SOURCE
  } catch {
    return false
  }
}

const SOURCE = 'intervals-proxy'
const XML_SOURCE = `<source>${SOURCE}</source>`
