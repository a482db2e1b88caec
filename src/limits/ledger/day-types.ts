/** The words of the day book: what it is asked, what it answers, and what it goes by. */

import type { DayRules } from './day.js'
import type { DayShares } from '../shares/shares.js'

/** What the asker of `/quota/` takes along, to be handed back with the answer. */
export interface QuotaQuestion {
  readonly account: string
  readonly settledAtAsk: number
  readonly takenAtAsk: number
  readonly day: string
}

export interface QuotaAnswer {
  readonly max: number
  readonly used: number
}

/** The time on both clocks (see `DayClock`), and how many requests of the account are out. */
export interface Now {
  readonly monotonicMs: number
  readonly wallsMs: readonly [number, ...number[]]
  readonly out: number
}

export type DayVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'ask-quota'; readonly untilMs: number }
  | { readonly kind: 'spent'; readonly untilWallMs: number }
  | { readonly kind: 'kept'; readonly untilWallMs: number }

/** What the limits of an account's day are; asked anew each time, since a reload may change them. */
export interface DayPolicy extends Omit<DayRules, 'max'> {
  /** Requests a day of this account: a number, or what `/quota/` says. */
  readonly maxOf: (account: string) => number | 'auto'
  /** Default: nothing is kept for anybody. */
  readonly sharesOf?: (account: string) => DayShares
}

export interface DayUsage {
  readonly account: string
  readonly day: string
  readonly used: number
  readonly max: number
  readonly reserve: number
  readonly resetAtWallMs: number
  readonly quotaReadAtWallMs: number | undefined
  readonly isUnknown: boolean
  /** Requests that a crash left open and that `/quota/` could explain by now. */
  readonly doubtful: number
}
