/** The days of all accounts: decisions, charges and readings of `/quota/`, in step with the journal. */

import {
  bookConsumer,
  charge,
  countOf,
  createAccountDays,
  dayOf,
  dayState,
  endOfDay,
  forgetPast,
  learn,
  maxOf,
  narrowed,
  UNKNOWN,
  usedOf,
} from './day.js'
import type { AccountDays, DayPolicy, DayUsage, QuotaAnswer, QuotaQuestion, Spent } from './day.js'
import type { DayClock } from './day-clock.js'
import { decideDay } from './day-decision.js'
import type { AccountState } from './day-decision.js'
import type { Journal, JournalContents } from '../journal/journal.js'
import { shareUsage } from '../shares/shares.js'
import type { ShareUsage } from '../shares/shares.js'
import type { Clock, Hold, Permit, TakeRequest } from './types.js'

/** Pause between two questions, after an answer and after a question without one. */
const QUIET_MS = 5_000
const QUIET_AFTER_FAILURE_MS = 60_000

/** See `AccountState`. */
type Account = { -readonly [Field in keyof AccountState]: AccountState[Field] }

/** Calls of a consumer that were charged before this process began. */
export interface EarlierSpending {
  readonly account: string
  readonly day: string
  readonly consumer: string
  readonly calls: number
}

export interface DayBookOptions {
  readonly policy: DayPolicy
  readonly clock: Clock
  readonly dayClock: DayClock
  readonly journal: Journal
  readonly contents: JournalContents | undefined
  /** Spending by consumer on the days in `contents`, as far as it is known. */
  readonly earlier: readonly EarlierSpending[]
  /** Ask `/quota/` before the first request of every account without history. */
  readonly asksFirst: boolean
  /** The same for accounts with history: the time of day may be wrong. */
  readonly asksAgain: boolean
  /** Monotonic time from which no request of a dead process can be counted any more. */
  readonly doubtUntilMs: number
  readonly maxAccounts: number
}

export class DayBook {
  readonly #accounts = new Map<string, Account>()
  readonly #options: DayBookOptions
  /** Wall time from which the next look for past days is due. */
  #forgetAtMs = -Infinity

  constructor(options: DayBookOptions) {
    this.#options = options
    const { contents, earlier, policy } = options
    for (const record of contents?.days ?? []) {
      const count = countOf(this.#restored(record.account).days, record.day)
      count.taken = record.taken
      count.doubtful = record.doubtful
    }
    for (const slot of contents?.slots.values() ?? []) {
      if (slot.endedAtMs !== null) continue
      const { days } = this.#restored(slot.account)
      for (const day of slot.days) countOf(days, day).doubtful++
    }
    for (const { account, day, consumer, calls } of earlier) {
      // Without a count of the day itself the calls are not a part of anything.
      const count = this.#accounts.get(account)?.days.counts.get(day)
      if (count === undefined) continue
      const isListed = policy.planOf(account).shares.consumers.has(consumer)
      bookConsumer(count, { consumer, calls, isListed })
    }
  }

  #restored(name: string): Account {
    const known = this.#accounts.get(name)
    if (known !== undefined) return known
    const { asksAgain, doubtUntilMs, policy } = this.#options
    const isUnknown = asksAgain || policy.planOf(name).max === 'auto'
    const account = { ...newAccount(isUnknown), doubtUntilMs }
    this.#accounts.set(name, account)
    return account
  }

  /** A new account is kept from its first charge or question on. */
  #find(name: string): Account {
    const known = this.#accounts.get(name)
    if (known !== undefined) return known
    const { maxAccounts, asksFirst, policy } = this.#options
    if (this.#accounts.size >= maxAccounts) {
      throw new RangeError(`more than ${maxAccounts} accounts`)
    }
    return newAccount(asksFirst || policy.planOf(name).max === 'auto')
  }

  #kept(name: string): Account {
    const account = this.#find(name)
    this.#accounts.set(name, account)
    return account
  }

  /** See `decideDay`. */
  decide(request: TakeRequest): readonly string[] | Hold {
    const { clock, dayClock, policy } = this.#options
    return decideDay(this.#find(request.account), request, {
      plan: policy.planOf(request.account),
      rules: policy,
      nowMs: clock.monotonicMs(),
      wallsMs: dayClock.readings(),
    })
  }

  /** Requests of this account wait for `/quota/` from now on, until `untilMs` at most. */
  asked(name: string, untilMs: number): void {
    this.#kept(name).askUntilMs = untilMs
  }

  /** Charges one request; the promise is the journal's. */
  charge(
    { account: name, consumer = UNKNOWN }: TakeRequest,
    days: readonly string[],
  ): Promise<unknown> {
    const account = this.#kept(name)
    account.inFlight++
    this.#forgetPast()
    return this.#book(name, days, { account, consumer, calls: 1 })
  }

  #book(
    name: string,
    days: readonly string[],
    { account, ...spent }: { account: Account } & Omit<Spent, 'isListed'>,
  ): Promise<unknown> {
    const { policy, journal } = this.#options
    const isListed = policy.planOf(name).shares.consumers.has(spent.consumer)
    charge(account.days, days, { ...spent, isListed })
    const writes = days.map((day) => journal.putDay(recordOf(name, day, account.days)))
    return writes.length === 1 ? (writes[0] ?? Promise.resolve()) : Promise.all(writes)
  }

  /** Once an hour is enough: a day that is kept for longer than needed changes no decision. */
  #forgetPast(): void {
    const { dayClock, policy, journal } = this.#options
    const nowMs = dayClock.now()
    if (nowMs < this.#forgetAtMs && nowMs > this.#forgetAtMs - 2 * FORGET_EVERY_MS) return
    this.#forgetAtMs = nowMs + FORGET_EVERY_MS
    for (const [name, { days }] of this.#accounts) {
      for (const day of forgetPast(days, dayClock.readings(), policy)) {
        void journal.removeDay(name, day).catch(() => {})
      }
    }
  }

  /**
   * A request ended. `unsent` gives its charge back. With an answer the time of its arrival is known:
   * days on which it cannot have arrived, by any clock that may be right, are given back, and a day on
   * which it may have arrived is charged if it was not.
   */
  ended(permit: Permit, end: 'answered' | 'dead' | 'unsent', lostMarginMs: number): void {
    const { account: name, consumer, days } = permit
    const account = this.#accounts.get(name)
    const { clock, dayClock, policy } = this.#options
    const nowMs = clock.monotonicMs()
    if (account === undefined) return
    if (end === 'dead') account.doubtUntilMs = Math.max(account.doubtUntilMs, nowMs + lostMarginMs)
    if (days.length === 0) return
    account.inFlight--
    if (end === 'dead') return
    const wall = { answeredMs: dayClock.readings(), tookMs: nowMs - permit.takenAtMs }
    const { missed, surplus } =
      end === 'unsent' ? { missed: [], surplus: days } : narrowed(days, wall, policy.skewGuardMs)
    for (const [changed, calls] of [
      [missed, 1],
      [surplus, -1],
    ] as const) {
      if (changed.length === 0) continue
      this.#book(name, changed, { account, consumer, calls }).catch(() => {})
    }
  }

  question(name: string): QuotaQuestion {
    const account = this.#kept(name)
    const day = dayOf(this.#options.dayClock.now())
    const { taken } = countOf(account.days, day)
    const settledAtAsk = taken - Math.min(account.inFlight, taken)
    return { account: name, day, takenAtAsk: taken, settledAtAsk }
  }

  /** `answer` undefined: the question failed, and requests are sent without it. */
  answer(question: QuotaQuestion, answer: QuotaAnswer | undefined): void {
    const { clock, dayClock, journal } = this.#options
    const account = this.#kept(question.account)
    const { day } = question
    const nowMs = clock.monotonicMs()
    const wallMs = dayClock.now()
    account.isUnknown = false
    account.askUntilMs = undefined
    account.quietUntilMs = nowMs + (answer === undefined ? QUIET_AFTER_FAILURE_MS : QUIET_MS)
    if (answer === undefined || dayOf(wallMs) !== day) return
    learn(account.days, { ...question, ...answer, wallMs }, nowMs >= account.doubtUntilMs)
    journal.putDay(recordOf(question.account, day, account.days)).catch(() => {})
  }

  /** One account's day, for status and metrics; undefined before its first request. */
  usageOf(name: string): DayUsage | undefined {
    const account = this.#accounts.get(name)
    if (account === undefined) return undefined
    const { clock, dayClock, policy } = this.#options
    const { days, isUnknown, doubtUntilMs } = account
    const day = dayOf(dayClock.now())
    const isOver = clock.monotonicMs() >= doubtUntilMs
    return {
      account: name,
      day,
      used: usedOf(days, day),
      max: maxOf(days, policy.planOf(name)),
      reserve: days.reserve,
      resetAtWallMs: endOfDay(day),
      quotaReadAtWallMs: days.quota?.wallMs,
      isUnknown,
      doubtful: isOver ? (days.counts.get(day)?.doubtful ?? 0) : 0,
    }
  }

  usage(): DayUsage[] {
    return [...this.#accounts.keys()].flatMap((name) => this.usageOf(name) ?? [])
  }

  /** Spending and shares of today; undefined for an account never seen. */
  shares(name: string): ShareUsage | undefined {
    const account = this.#accounts.get(name)
    if (account === undefined) return undefined
    const wallMs = this.#options.dayClock.now()
    const plan = this.#options.policy.planOf(name)
    const day = dayOf(wallMs)
    return shareUsage(plan.shares, dayState(account.days, day, { plan, wallMs }), day)
  }
}

const FORGET_EVERY_MS = 3_600_000

const recordOf = (account: string, day: string, days: AccountDays) => {
  const { taken, doubtful } = countOf(days, day)
  return { account, day, taken, doubtful }
}

const newAccount = (isUnknown: boolean): Account => ({
  days: createAccountDays(),
  isUnknown,
  askUntilMs: undefined,
  doubtUntilMs: -Infinity,
  quietUntilMs: -Infinity,
  inFlight: 0,
})
