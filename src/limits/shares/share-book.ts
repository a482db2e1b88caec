/** The shares of all accounts: who was charged what on which day, and what that leaves to whom. */

import { ConsumerCounts, UNKNOWN } from './consumer-counts.js'
import { decideShare, keptFor, NO_SHARES, promised } from './shares.js'
import type { DayShares, DayState } from './shares.js'
import type { TakeRequest } from '../ledger/types.js'

/** What a consumer was charged on a day before this process began. */
export interface EarlierSpending {
  readonly account: string
  readonly day: string
  readonly consumer: string
  readonly calls: number
}

/** One day of an account as the day book knows it. */
export interface DayLeft {
  readonly day: string
  readonly max: number
  readonly left: number
  /** Epoch milliseconds. */
  readonly endsAtWallMs: number
}

/** For status, events and the dashboard. */
export interface ShareUsage {
  readonly day: string
  /** Requests of this day by consumer, of those that are known. */
  readonly spent: ReadonlyMap<string, number>
  /** Consumers with a share: what it comes to, and what is kept of it now (not whole while lent). */
  readonly listed: readonly {
    readonly consumer: string
    readonly promised: number
    readonly kept: number
  }[]
}

export class ShareBook {
  readonly #sharesOf: (account: string) => DayShares
  readonly #accounts = new Map<string, ConsumerCounts>()

  /** `sharesOf` is asked anew each time, since a reload may change it. */
  constructor(sharesOf: (account: string) => DayShares = () => NO_SHARES) {
    this.#sharesOf = sharesOf
  }

  /** `calls` below 0: given back. */
  spend(
    account: string,
    spent: { readonly days: readonly string[]; readonly consumer: string; readonly calls: number },
  ): void {
    const { days, consumer, calls } = spent
    let counts = this.#accounts.get(account)
    if (counts === undefined) {
      counts = new ConsumerCounts()
      this.#accounts.set(account, counts)
    }
    const isListed = this.#sharesOf(account).consumers.has(consumer)
    for (const day of days) counts.add(day, { consumer, isListed }, calls)
  }

  forget(account: string, day: string): void {
    this.#accounts.get(account)?.forget(day)
  }

  /** Undefined: it may. Otherwise when (epoch milliseconds) enough is lent of each of these days. */
  keptUntil(request: TakeRequest, days: readonly DayLeft[], wallMs: number): number | undefined {
    const { account, consumer = UNKNOWN, priority = 'interactive' } = request
    const shares = this.#sharesOf(account)
    let untilWallMs: number | undefined
    for (const day of days) {
      const state = this.#stateOf(account, day, wallMs)
      const verdict = decideShare(shares, state, { consumer, priority })
      if (verdict.kind === 'open') continue
      untilWallMs = Math.max(untilWallMs ?? -Infinity, day.endsAtWallMs - verdict.untilEndMs)
    }
    return untilWallMs
  }

  usage(account: string, day: DayLeft, wallMs: number): ShareUsage {
    const shares = this.#sharesOf(account)
    const state = this.#stateOf(account, day, wallMs)
    const listed = [...shares.consumers].map(([consumer, share]) => ({
      consumer,
      promised: promised(share, state.max),
      kept: keptFor(shares, state, consumer),
    }))
    return { day: day.day, spent: this.#accounts.get(account)?.ofDay(day.day) ?? new Map(), listed }
  }

  #stateOf(account: string, { day, max, left, endsAtWallMs }: DayLeft, wallMs: number): DayState {
    const counts = this.#accounts.get(account)
    return {
      max,
      left,
      spentBy: (consumer) => counts?.of(day, consumer) ?? 0,
      untilEndMs: endsAtWallMs - wallMs,
    }
  }
}
