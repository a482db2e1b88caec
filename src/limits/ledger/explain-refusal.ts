/** How long each kind of refusal holds, and the sentence that tells people why. */

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
  { reason, retryAfterMs = 0 }: RefusalFound,
  { wallMs, held, window }: { wallMs: number; held: number; window: WindowRules },
): { readonly holdMs: number; readonly maxHoldMs?: number; readonly detail: string } {
  switch (reason) {
    case 'too-fast': {
      const ownMs = window.windowMs + window.marginMs
      const maxHoldMs = Math.max(ownMs, nextMidnight(wallMs) + BEYOND_MIDNIGHT_MS - wallMs)
      const holdMs = Math.max(ownMs, Math.min(retryAfterMs, maxHoldMs))
      const room = `the ledger held ${held} of ${window.max} requests of this window`
      return {
        holdMs,
        maxHoldMs,
        detail: `the upstream says that requests come too fast, while ${room}: something else sends from the same address. The proxy uses less of the window for a while`,
      }
    }
    case 'day-exceeded':
      return {
        // Sent before midnight and answered after it: the new day is not spent by that.
        holdMs: Math.max(
          MIDNIGHT_GUARD_MS,
          nextMidnight(wallMs - STRADDLE_MS) + MIDNIGHT_GUARD_MS - wallMs,
        ),
        detail:
          'the upstream says that the requests of this day are spent; it goes on after midnight UTC. Cached answers are still served',
      }
    case 'suspended':
      return {
        holdMs: Infinity,
        detail:
          'the upstream has suspended this account. Nothing is sent until a person has cleared that up with Intervals and resumes: POST /-/resume',
      }
    case 'banned':
      return {
        holdMs: Infinity,
        detail:
          'the upstream has banned this account. Nothing is sent until a person has cleared that up with Intervals and resumes: POST /-/resume',
      }
    case 'unpaid':
      return {
        holdMs: Infinity,
        detail:
          'the upstream says that this account is inactive for want of payment. Nothing is sent until a person resumes: POST /-/resume',
      }
    default:
      return reason satisfies never
  }
}
