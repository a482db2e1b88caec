/**
 * Reads a refusal out of an answer. The documented shape is HTTP 400 with API code 11 (day) or 12
 * (too fast); where in the body the code stands is not documented, so it is looked for wherever
 * clients were seen to find it, in JSON and in XML. An ordinary 400 (17, 18 ...) is no refusal.
 */

import { accountScope, WINDOW_SCOPE } from './pause.js'
import type { PauseReason } from './pause.js'

/** Statuses whose body has to be read before they may be passed on. */
const SUSPECT_STATUSES: ReadonlySet<number> = new Set([400, 402, 418, 429, 503])

/** Bodies of errors are short; a longer one is no refusal. */
export const MAX_REFUSAL_BYTES = 65_536

export const isSuspect = (status: number): boolean => SUSPECT_STATUSES.has(status)

export interface RefusalFound {
  readonly reason: Exclude<PauseReason, 'by-hand'>
  readonly scope: string
  /** What Retry-After asked for, milliseconds. */
  readonly retryAfterMs: number | undefined
}

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
  const code = apiCodeOf(body, CODES_OF_STATUS[status] ?? [])
  const reason = (code === undefined ? undefined : BY_API_CODE[code]) ?? BY_STATUS[status]
  if (reason === undefined) return undefined
  const scope = reason === 'too-fast' ? WINDOW_SCOPE : accountScope(account)
  return { reason, scope, retryAfterMs }
}

/** Wordings, for bodies that carry no code. */
const WORDINGS: readonly (readonly [RegExp, number])[] = [
  [/maximum number of daily api requests/i, 11],
  [/requests? (?:were |was |are |being )?sent too (?:fast|quickly)|too many requests/i, 12],
  [/account (?:is |was |has been )?suspended/i, 4],
]

/**
 * The API code in an error body: a member or element `code` or `number` of an `error`, any `code`
 * that is not the HTTP status, or the documented wording. Only `candidates` count.
 */
export function apiCodeOf(body: string, candidates: readonly number[]): number | undefined {
  if (candidates.length === 0) return undefined
  const pattern = /["<\s](?:code|number|errorcode|error_code)["'>\s:=]{1,16}(\d{1,3})(?!\d)/gi
  for (const [, digits] of body.matchAll(pattern)) {
    const code = Number(digits)
    if (candidates.includes(code)) return code
  }
  return WORDINGS.find(([wording, code]) => candidates.includes(code) && wording.test(body))?.[1]
}
