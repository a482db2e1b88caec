/** What the script says to `take`, and the decision of the ledger that it stands for. */

import type { DayPolicy } from '../../limits/ledger/day-types.js'
import type { PauseReason } from '../../limits/ledger/pause-rules.js'
import type { Clock, Decision, TakeRequest } from '../../limits/ledger/types.js'
import type { Mirror } from './ledger-mirror.js'
import type { Scopes } from './scopes.js'
import type { SharedDayClock } from './shared-clock.js'
import { endOf } from './shared-shares.js'
import type { SharedShares } from './shared-shares.js'

/** Times are epoch milliseconds of Redis. */
export type Reply =
  | {
      readonly kind: 'permitted'
      readonly member: string
      readonly takenAtMs: number
    }
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
  /** It came to Redis when we had given up on it. */
  | { readonly kind: 'late' }

/** Somebody else's slot may come back without a word to us: look again after this long. */
const LOOK_AGAIN_MS = 250

export interface DecisionOptions {
  readonly clock: Clock
  readonly dayClock: Pick<SharedDayClock, 'now'>
  readonly mirror: Mirror
  readonly scopes: Scopes
  readonly shares: SharedShares
  readonly policy: DayPolicy
}

/** The decision where there is no permit; `days` are those that the request would be charged to. */
export function decisionOf(
  reply: Exclude<Reply, { kind: 'permitted' }>,
  request: TakeRequest,
  days: readonly string[],
  { clock, dayClock, mirror, scopes, shares, policy }: DecisionOptions,
): Decision {
  const nowMs = clock.monotonicMs()
  const wallMs = dayClock.now()
  const atWall = (untilWallMs: number): number => nowMs + Math.max(0, untilWallMs - wallMs)
  switch (reply.kind) {
    case 'late':
      return { kind: 'wait', untilMs: nowMs }
    case 'wait': {
      const untilMs = Math.min(mirror.toMonotonic(reply.untilMs), nowMs + LOOK_AGAIN_MS)
      return { kind: 'wait', untilMs }
    }
    case 'ask-quota':
      return { kind: 'ask-quota', untilMs: mirror.toMonotonic(reply.untilMs) }
    case 'paused': {
      const { reason, untilMs, isProbed } = reply
      const until = untilMs === 'never' ? Infinity : mirror.toMonotonic(untilMs)
      return {
        kind: 'paused',
        scope: scopes.toLocal(reply.scope),
        reason,
        untilMs: until,
        isProbed,
      }
    }
    case 'day-spent':
      return { kind: 'day-spent', untilMs: atWall(endOf(reply.day) + policy.skewGuardMs) }
    case 'day-kept':
      return { kind: 'day-kept', untilMs: atWall(shares.keptUntil(request, days, wallMs)) }
    default:
      return reply satisfies never
  }
}
