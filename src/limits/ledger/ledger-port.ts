/** The port of a ledger: embedded in ledger.ts, shared by replicas on Redis. */

import type { DayPolicy, DayUsage, QuotaAnswer, QuotaQuestion } from './day.js'
import type { EarlierSpending } from './day-book.js'
import type { Journal } from '../journal/journal.js'
import type { Pause, RefusalFound, Refused } from './pause-rules.js'
import type { ShareUsage } from '../shares/shares.js'
import type { Clock, Decision, Hold, Permit, PermitEnd, TakeRequest } from './types.js'
import type { Room, WindowRules } from './window.js'

export interface LedgerOptions {
  readonly clock: Clock
  readonly journal: Journal
  readonly window: WindowRules
  readonly day: DayPolicy
  /** A permit that was not used within this time is void. Default 5 s. */
  readonly sendWithinMs?: number
  /** The window of a journal without history: as if all of it had just been spent, or idle. */
  readonly newDisk: 'full' | 'idle'
  /** Accounts with a day of their own, at most. Default 1,000. */
  readonly maxAccounts?: number
  /** Spending by consumer on the days in the journal, so that shares survive a restart. Default: none. */
  readonly earlier?: readonly EarlierSpending[]
  /**
   * Called for each permit that is charged to a day (1), and again if it is given back unsent (-1).
   * Must not throw.
   */
  readonly onSpent?: (permit: Permit, change: 1 | -1) => void
}

export interface WindowUsage {
  readonly max: number
  readonly ceiling: number
  readonly windowMs: number
  readonly held: number
  readonly inFlight: number
  /** Milliseconds until each cooling slot comes back, soonest first. */
  readonly releasesInMs: readonly number[]
}

/** What is left for one account, for the headers of a response. */
export interface Remaining {
  readonly window: Pick<WindowUsage, 'max' | 'ceiling' | 'windowMs' | 'held'> & {
    /** Milliseconds until the next slot comes back; 0 while none is cooling. */
    readonly nextInMs: number
  }
  /** Undefined before the first request of the account. */
  readonly day: Pick<DayUsage, 'max' | 'used' | 'resetAtWallMs'> | undefined
}

export interface Usage {
  readonly window: WindowUsage
  readonly days: readonly DayUsage[]
  readonly pauses: readonly (Pause & { readonly leftMs: number })[]
  /** Nothing is sent for so long, because the history of the window is unknown. Undefined: it is known. */
  readonly quarantineMs?: number | undefined
  /** Upstream's clock minus ours, once a Date header was seen. */
  readonly skewMs: number | undefined
}

export interface Ledger {
  /** Resolves when the decision is durable. Rejects when it could not be made so: send nothing. */
  take(request: TakeRequest): Promise<Decision>
  /** The decision that `take` would make now, without taking anything; undefined: a permit. */
  peek(request: TakeRequest): Hold | undefined
  /** Each permit is settled exactly once. */
  settle(permit: Permit, end: PermitEnd): void
  /** The answer to this permit was no refusal: a pause that it probed is over. Returns those. */
  accepted(permit: Permit): readonly Pause[]
  /** The upstream refused. Returns the pause if this began one. */
  refused(refusal: RefusalFound): Pause | undefined
  /** An operator ends a pause; false if there was none. */
  resume(scope: string): boolean
  /** An operator declares that nothing was sent before this start. False if the history is known. */
  endQuarantine(): boolean
  pause(refused: Refused): Pause | undefined
  quotaQuestion(account: string): QuotaQuestion
  quotaAnswer(question: QuotaQuestion, answer: QuotaAnswer | undefined): void
  /** A Date header of the upstream, and when (monotonic) the request was sent. */
  observeDate(dateMs: number, sentMs: number): void
  room(): Room
  /** When `count` further slots are free (monotonic), for forecasts. */
  forecast(count: number): number
  /** When each slot of the window is free (monotonic), soonest first, for forecasts. */
  slotTimes(): readonly number[]
  remaining(account: string): Remaining
  usage(): Usage
  /** Spending and shares of an account's day; undefined before its first request. */
  shares(account: string): ShareUsage | undefined
  /**
   * When other replicas sent requests of this credential or consumer, as far as the window remembers
   * them: oldest first, monotonic. Undefined where there are no other replicas.
   */
  grantsElsewhere?(
    of: { readonly credential: string } | { readonly consumer: string },
  ): readonly number[]
  /** Why nothing can be sent at all just now: the ledger itself cannot be asked. */
  problem?(): string | undefined
  /** Called whenever a slot, a day or a pause may have changed. Returns the way to stop it. */
  onChange(listener: () => void): () => void
  /** Called when `/quota/` should be asked about an account's day. Returns the way to stop it. */
  onQuotaWanted(listener: (account: string) => void): () => void
  close(): Promise<void>
}
