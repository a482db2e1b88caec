/**
 * May one more request be charged to an account's day? The embedded ledger decides by this, and the
 * ledger on Redis forecasts by it.
 *
 * Pure: state and now in, decision out.
 */

import { decideShare, keepsSomething } from '../shares/shares.js'
import { chargedDays, dayState, endOfDay, fullDay, maxOf, UNKNOWN, usedOf } from './day.js'
import type { AccountDays, DayPlan, DayRules } from './day.js'
import type { Hold, TakeRequest } from './types.js'

/** How long a request waits for the first answer of `/quota/` before it is sent without one. */
export const ASK_PATIENCE_MS = 10_000

/** One account. Times are monotonic. */
export interface AccountState {
  readonly days: AccountDays
  /** Nothing is known of this account's day until `/quota/` answers. */
  readonly isUnknown: boolean
  /** Until then requests wait for the answer; undefined while none was asked for. */
  readonly askUntilMs: number | undefined
  /** Until then the upstream may still count a request that ended without an answer. */
  readonly doubtUntilMs: number
  /** `/quota/` is not asked again before. */
  readonly quietUntilMs: number
  /** Requests in flight that are charged to a day. */
  readonly inFlight: number
}

export interface DayNow {
  readonly plan: DayPlan
  readonly rules: DayRules
  readonly nowMs: number
  /** Upstream's time, by every clock that may be right; the likeliest first. */
  readonly wallsMs: readonly [number, ...number[]]
}

/** The days that this request would be charged to, or the reason why it may not be sent. */
export function decideDay(
  account: AccountState,
  request: TakeRequest,
  { plan, rules, nowMs, wallsMs }: DayNow,
): readonly string[] | Hold {
  const askUntilMs = account.askUntilMs ?? nowMs + ASK_PATIENCE_MS
  const ask: Hold = { kind: 'ask-quota', untilMs: askUntilMs }
  if (account.isUnknown && nowMs < askUntilMs) return ask
  const [wallMs] = wallsMs
  const charged = chargedDays(wallsMs, rules)
  const full = fullDay(account.days, charged, plan)
  if (full !== undefined) {
    // Two clocks that disagree: the answer's Date will say which one is right.
    const isVague = wallsMs.length > 1 || mayBeLess(account.days, charged, plan)
    const isQuiet = nowMs < Math.max(account.doubtUntilMs, account.quietUntilMs)
    if (isVague && account.inFlight === 0 && !isQuiet && nowMs < askUntilMs) return ask
    const leftMs = endOfDay(full) + rules.skewGuardMs - wallMs
    return { kind: 'day-spent', untilMs: nowMs + Math.max(0, leftMs) }
  }
  if (!keepsSomething(plan.shares)) return charged
  const untilWallMs = lentAt(account.days, charged, { request, plan, wallMs })
  if (untilWallMs === undefined) return charged
  return { kind: 'day-kept', untilMs: nowMs + Math.max(0, untilWallMs - wallMs) }
}

/** Requests in flight at the last reading, or at a crash, may be counted twice. */
function mayBeLess(days: AccountDays, charged: readonly string[], plan: DayPlan): boolean {
  const max = maxOf(days, plan) - days.reserve
  return charged.some((day) => {
    const doubtful = days.counts.get(day)?.doubtful ?? 0
    const overlap = days.quota?.day === day ? days.quota.takenAtAsk - days.quota.settledAtAsk : 0
    return doubtful + overlap > 0 && usedOf(days, day) - doubtful - overlap < max
  })
}

/** Upstream time at which enough of each day is lent to this request; undefined: now. */
export function lentAt(
  days: AccountDays,
  charged: readonly string[],
  { request, plan, wallMs }: { request: TakeRequest; plan: DayPlan; wallMs: number },
): number | undefined {
  const { consumer = UNKNOWN, priority = 'interactive' } = request
  let untilWallMs: number | undefined
  for (const day of charged) {
    const state = dayState(days, day, { plan, wallMs })
    const verdict = decideShare(plan.shares, state, { consumer, priority })
    if (verdict.kind === 'open') continue
    untilWallMs = Math.max(untilWallMs ?? -Infinity, endOfDay(day) - verdict.untilEndMs)
  }
  return untilWallMs
}
