/** How long each kind of refusal holds, and the sentence that gives the cause. */

import { nextMidnight } from './day.js'
import type { RefusalFound } from './pause-rules.js'
import type { WindowRules } from './window.js'

/** After midnight by the upstream's clock, this much later. */
const MIDNIGHT_GUARD_MS = 5_000
/** So long after midnight a refusal may still speak of the day before. */
const STRADDLE_MS = 60_000

/**
 * A Retry-After that asks for more than the rest of the day (UTC) and this is not obeyed to the end:
 * all limits of this API begin anew at midnight, so it cannot be meant, and one header of 30 years
 * would stop the proxy for good. When it is over, one request tries.
 */
const BEYOND_MIDNIGHT_MS = 3_600_000

export function explain(
  { reason, retryAfterMs = 0, message }: RefusalFound,
  { wallMs, held, window }: { wallMs: number; held: number; window: WindowRules },
): { readonly holdMs: number; readonly maxHoldMs?: number; readonly detail: string } {
  const coded = (code: number): string =>
    message === undefined || message === '' ? `(code ${code})` : `(code ${code}: "${message}")`
  switch (reason) {
    case 'too-fast': {
      const ownMs = window.windowMs + window.marginMs
      const maxHoldMs = Math.max(ownMs, nextMidnight(wallMs) + BEYOND_MIDNIGHT_MS - wallMs)
      const holdMs = Math.max(ownMs, Math.min(retryAfterMs, maxHoldMs))
      const room = `the ledger held ${held} of ${window.max} requests of this window`
      return {
        holdMs,
        maxHoldMs,
        detail: `Intervals says that requests come too fast ${coded(12)}, while ${room}: something else sends from the same address. The proxy uses less of the window for a while`,
      }
    }
    case 'day-exceeded':
      return {
        // Sent before midnight and answered after it: the new day is not spent by that.
        holdMs: Math.max(
          MIDNIGHT_GUARD_MS,
          nextMidnight(wallMs - STRADDLE_MS) + MIDNIGHT_GUARD_MS - wallMs,
        ),
        detail: `Intervals says that the calls of this day are used up ${coded(11)}. The proxy sends again after midnight UTC`,
      }
    case 'suspended':
      return forOperator(`Intervals has suspended this account ${coded(4)}`)
    case 'banned':
      return forOperator(`Intervals has banned this account ${coded(5)}`)
    case 'unpaid':
      return forOperator(`Intervals says that this account is not paid for ${coded(6)}`)
    default:
      return reason satisfies never
  }
}

const forOperator = (cause: string) => ({
  holdMs: Infinity,
  detail: `${cause}. The proxy sends nothing until an operator has cleared this up with Intervals and resumes: POST /-/resume`,
})
