/** The script's reply to `take`, and the hold that it stands for. */

import { endOfDay } from '../../limits/ledger/day.js'
import type { Hold, PauseReason } from '../../limits/ledger/types.js'

/** Times are epoch milliseconds of Redis. */
export type Reply =
  | { readonly kind: 'permitted'; readonly member: string; readonly takenAtMs: number }
  | { readonly kind: 'wait' | 'ask-quota'; readonly untilMs: number }
  | {
      readonly kind: 'paused'
      readonly scope: string
      readonly reason: PauseReason
      readonly untilMs: number | 'never'
      readonly isProbed: boolean
    }
  | { readonly kind: 'day-spent'; readonly day: string }
  | { readonly kind: 'day-kept' }
  /** The question reached Redis after this replica had given up on it. */
  | { readonly kind: 'late' }

/** Another replica may return a slot without a word to this one: ask again after this long. */
const ASK_AGAIN_MS = 250

export interface ReplyTimes {
  readonly nowMs: number
  /** A time of Redis on the monotonic clock of this process. */
  readonly toMonotonic: (redisMs: number) => number
  /** A time of the upstream on it; never in the past. */
  readonly atWall: (wallMs: number) => number
  readonly toLocalScope: (scope: string) => string
  readonly skewGuardMs: number
  /** Upstream time at which enough of the day is lent to the request. */
  readonly keptUntilWallMs: () => number
}

export function holdIn(reply: Exclude<Reply, { kind: 'permitted' }>, times: ReplyTimes): Hold {
  const { nowMs, toMonotonic, atWall } = times
  switch (reply.kind) {
    case 'late':
      return { kind: 'wait', untilMs: nowMs }
    case 'wait':
      return { kind: 'wait', untilMs: Math.min(toMonotonic(reply.untilMs), nowMs + ASK_AGAIN_MS) }
    case 'ask-quota':
      return { kind: 'ask-quota', untilMs: toMonotonic(reply.untilMs) }
    case 'paused': {
      const { reason, isProbed } = reply
      const untilMs = reply.untilMs === 'never' ? Infinity : toMonotonic(reply.untilMs)
      return { kind: 'paused', scope: times.toLocalScope(reply.scope), reason, untilMs, isProbed }
    }
    case 'day-spent':
      return { kind: 'day-spent', untilMs: atWall(endOfDay(reply.day) + times.skewGuardMs) }
    case 'day-kept':
      return { kind: 'day-kept', untilMs: atWall(times.keptUntilWallMs()) }
    default:
      return reply satisfies never
  }
}
