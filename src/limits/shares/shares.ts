/**
 * Who may spend what is left of an account's day. A consumer with a share can always spend that part
 * of the day; others may not eat what it still has of it. The last parts of the day are kept for
 * interactive requests and for writes. Towards midnight all of that is lent, little by little, so that
 * nothing is wasted: over the last `lendOverMs` what is kept falls in a straight line to nothing.
 *
 *     kept for a consumer = (its share of the day - what it has spent) x part that is not lent yet
 *
 * in whole requests, so that the last one is lent before the day is over, too.
 *
 * Pure: state and now in, decision out. That no more leaves than the day has is `fits` in day.ts; here
 * it is only decided who of those that fit has to leave it to somebody else.
 */

import type { Priority } from '../ledger/types.js'

/** What is kept of one account's day, and for whom. All parts together are at most 1. */
export interface DayShares {
  /** Part of the day for each consumer that has one, 0 to 1. */
  readonly consumers: ReadonlyMap<string, number>
  /** Last part of the day, which only writes may spend. */
  readonly keepForWrites: number
  /** Part before that one, which background requests may not spend. */
  readonly keepForInteractive: number
  /** Time before the end of the day over which all of it is lent, milliseconds; 0: kept to the end. */
  readonly lendOverMs: number
}

export const NO_SHARES: DayShares = {
  consumers: new Map(),
  keepForWrites: 0,
  keepForInteractive: 0,
  lendOverMs: 0,
}

/** One day of one account. */
export interface DayState {
  readonly max: number
  /** Requests that are left of it, by the proxy's count or the upstream's, whichever is less. */
  readonly left: number
  /** Requests of each consumer. */
  readonly spentBy: ReadonlyMap<string, number>
  /** Until the day ends, milliseconds; negative: it is over. */
  readonly untilEndMs: number
}

export type ShareVerdict =
  | { readonly kind: 'open' }
  /** What is left is kept for others; if nobody spends more, it is lent `untilEndMs` before the end. */
  | { readonly kind: 'kept'; readonly untilEndMs: number }

/** Shares of a day, for status, events and the dashboard. */
export interface ShareUsage {
  readonly day: string
  /** Requests of this day by consumer, as far as they are known. */
  readonly spent: ReadonlyMap<string, number>
  /** Consumers with a share: requests promised, and requests kept now (fewer while they are lent). */
  readonly listed: readonly {
    readonly consumer: string
    readonly promised: number
    readonly kept: number
  }[]
}

/** Requests are whole; arithmetic of percentages is not. */
const ROUNDING = 1e-6

/** Part of what was kept that is not lent yet: 1 before the lending, 0 at the end of the day. */
export function notLent(untilEndMs: number, lendOverMs: number): number {
  if (untilEndMs <= 0) return 0
  return untilEndMs >= lendOverMs ? 1 : untilEndMs / lendOverMs
}

/** Requests a day that a share of it comes to. */
export const promised = (share: number, max: number): number => Math.floor(share * max + ROUNDING)

/** Requests that this consumer has yet to spend of its share; 0 without one. */
export function shareLeft(shares: DayShares, state: DayState, consumer: string): number {
  const share = shares.consumers.get(consumer)
  if (share === undefined) return 0
  return Math.max(0, promised(share, state.max) - (state.spentBy.get(consumer) ?? 0))
}

/** Requests that are still kept for this consumer now. */
export function keptFor(shares: DayShares, state: DayState, consumer: string): number {
  const part = notLent(state.untilEndMs, shares.lendOverMs)
  return Math.floor(shareLeft(shares, state, consumer) * part)
}

/** Part of the day that a request of this class has to leave to more urgent ones. */
function floorFor(shares: DayShares, priority: Priority): number {
  switch (priority) {
    case 'write':
      return 0
    case 'interactive':
      return shares.keepForWrites
    case 'background':
      return shares.keepForWrites + shares.keepForInteractive
    default:
      return priority satisfies never
  }
}

/** What of the day is promised to others than one asker of this class, lent or not. */
function claimedByOthers(shares: DayShares, state: DayState, priority: Priority): number {
  let claimed = promised(floorFor(shares, priority), state.max)
  for (const other of shares.consumers.keys()) claimed += shareLeft(shares, state, other)
  return claimed
}

/** Requests of what is left that this asker has to leave to others now; 0 within its own share. */
export function keptForOthers(
  shares: DayShares,
  state: DayState,
  { consumer, priority }: { readonly consumer: string; readonly priority: Priority },
): number {
  if (shareLeft(shares, state, consumer) > 0) return 0
  const claimed = claimedByOthers(shares, state, priority)
  return Math.floor(claimed * notLent(state.untilEndMs, shares.lendOverMs))
}

/**
 * May this consumer send one more request of this class, given that the day has room for one? Within
 * its own share it always may: the shares are promised from the first request on, so in sum they
 * fit, and no floor of a class counts against them.
 */
export function decideShare(
  shares: DayShares,
  state: DayState,
  { consumer, priority }: { readonly consumer: string; readonly priority: Priority },
): ShareVerdict {
  if (shareLeft(shares, state, consumer) > 0) return { kind: 'open' }
  const claimed = claimedByOthers(shares, state, priority)
  const kept = keptForOthers(shares, state, { consumer, priority })
  if (state.left - kept >= 1) return { kind: 'open' }
  // One more is lent as soon as less than `left` is claimed: a millisecond after it is as much.
  const untilEndMs = (shares.lendOverMs * Math.max(0, state.left)) / claimed - 1
  return { kind: 'kept', untilEndMs: Math.max(0, untilEndMs) }
}

/** False for most accounts: then there is nothing to decide. */
export const keepsSomething = (shares: DayShares): boolean =>
  shares.consumers.size > 0 || shares.keepForWrites > 0 || shares.keepForInteractive > 0

export function shareUsage(shares: DayShares, state: DayState, day: string): ShareUsage {
  const listed = Array.from(shares.consumers, ([consumer, share]) => ({
    consumer,
    promised: promised(share, state.max),
    kept: keptFor(shares, state, consumer),
  }))
  return { day, spent: state.spentBy, listed }
}
