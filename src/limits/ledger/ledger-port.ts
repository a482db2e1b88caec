/** What the queue, the HTTP client and the server need of a ledger. */

import type { DayPolicy, DayUsage, QuotaAnswer, QuotaQuestion } from './day-types.js'
import type { Journal } from '../journal/journal.js'
import type { Pause, RefusalFound, Refused } from './pause-rules.js'
import type { EarlierSpending, ShareUsage } from '../shares/share-book.js'
import type { NewDisk } from './slot-book.js'
import type { Clock, Decision, Permit, PermitEnd, TakeRequest } from './types.js'
import type { WindowRules } from './window.js'

export interface LedgerOptions {
  readonly clock: Clock
  readonly journal: Journal
  readonly window: WindowRules
  readonly day: DayPolicy
  /** A permit that was not used within this time is void. Default 5 s. */
  readonly sendWithinMs?: number
  /** What to assume where the journal has no history. */
  readonly newDisk: NewDisk
  /** Accounts with a day of their own, at most. Default 1,000. */
  readonly maxAccounts?: number
  /** Who spent what of the days in the journal, so that shares survive a restart. Default: nobody knows. */
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

export interface Usage {
  readonly window: WindowUsage
  readonly days: readonly DayUsage[]
  readonly pauses: readonly (Pause & { readonly leftMs: number })[]
  /** Upstream's clock minus ours, once a Date header was seen. */
  readonly skewMs: number | undefined
}

export interface Ledger {
  /** Resolves when the decision is durable. Rejects when it could not be made so: nothing may leave. */
  take(request: TakeRequest): Promise<Decision>
  /** Each permit is settled exactly once. */
  settle(permit: Permit, end: PermitEnd): void
  /** The answer to this permit was no refusal: a pause that it tried is over. Returns what ended. */
  accepted(permit: Permit): readonly Pause[]
  /** The upstream refused. Returns the pause if this began one. */
  refused(refusal: RefusalFound): Pause | undefined
  /** A person ends a pause; false if there was none. */
  resume(scope: string): boolean
  pause(refused: Refused): Pause | undefined
  /** Monotonic end of the pause that holds such a request back, Infinity included, if one does. */
  pausedUntil(request: TakeRequest): number | undefined
  quotaQuestion(account: string): QuotaQuestion
  quotaAnswer(question: QuotaQuestion, answer: QuotaAnswer | undefined): void
  /** A Date header of the upstream, and when (monotonic) the request was sent. */
  observeDate(dateMs: number, sentMs: number): void
  /** When `count` further slots are free (monotonic), for forecasts. */
  forecast(count: number): number
  usage(): Usage
  /** Who spent what of an account's day, and what is kept for whom; undefined before its first. */
  shares(account: string): ShareUsage | undefined
  /**
   * When requests of this consumer that other replicas let out left, as far as the window remembers
   * them: oldest first, monotonic. Undefined where there are no others.
   */
  grantsElsewhere?(consumer: string): readonly number[]
  /** Why nothing can leave at all just now, if so: the ledger itself cannot be asked. */
  problem?(): string | undefined
  /** Called whenever a slot, a day or a pause may have changed. Returns the way to stop it. */
  onChange(listener: () => void): () => void
  /** Called when an account's day should be asked of `/quota/`. Returns the way to stop it. */
  onQuotaWanted(listener: (account: string) => void): () => void
  close(): Promise<void>
}
