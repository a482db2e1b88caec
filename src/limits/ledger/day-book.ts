/**
 * The days of all accounts: charges, what `/quota/` said, and whether it should be asked. Keeps the
 * journal in step.
 */

import {
  charge,
  chargedDays,
  countOf,
  createAccountDays,
  DAY_MS,
  dayOf,
  discharge,
  fits,
  forgetPast,
  learn,
  maxOf,
  narrowed,
  usedOf,
} from './day.js'
import type { AccountDays, DayRules } from './day.js'
import { UNKNOWN } from '../shares/consumer-counts.js'
import type {
  DayPolicy,
  DayUsage,
  DayVerdict,
  Now,
  QuotaAnswer,
  QuotaQuestion,
} from './day-types.js'
import type { Journal, JournalContents } from '../journal/journal.js'
import { ShareBook } from '../shares/share-book.js'
import type { DayLeft, EarlierSpending, ShareUsage } from '../shares/share-book.js'
import type { Permit, TakeRequest } from './types.js'

/** How long a request waits for the first answer of `/quota/` before it goes on without one. */
const ASK_PATIENCE_MS = 10_000

interface Account {
  readonly days: AccountDays
  /** Nothing is known of this account's day; set until `/quota/` answered or patience ended. */
  isUnknown: boolean
  /** Monotonic time at which patience with the question ends. */
  askUntilMs: number | undefined
  /** Monotonic; until then a request that ended without an answer may yet be counted. */
  doubtUntilMs: number
  /** Monotonic; not asked again before, or a useless answer would be asked for without end. */
  quietUntilMs: number
}

/** After an answer, and after a question that got none. */
const QUIET_MS = 5_000
const QUIET_AFTER_FAILURE_MS = 60_000

export class DayBook {
  readonly #accounts = new Map<string, Account>()
  readonly #policy: DayPolicy
  readonly #shares: ShareBook
  readonly #journal: Journal
  readonly #maxAccounts: number
  readonly #asksFirst: (account: string) => boolean

  constructor(options: {
    policy: DayPolicy
    journal: Journal
    contents: JournalContents | undefined
    /** Who spent what of the days in `contents`, as far as that is known. */
    earlier: readonly EarlierSpending[]
    /** Ask `/quota/` before the first request of an account without history. */
    asksFirst: (account: string) => boolean
    /** The same for accounts with history, where the time of day is not known to be right. */
    asksAgain: (account: string) => boolean
    /** When the last request of a dead process can no longer be counted (monotonic). */
    doubtUntilMs: number
    maxAccounts: number
  }) {
    this.#policy = options.policy
    this.#shares = new ShareBook(options.policy.sharesOf)
    this.#journal = options.journal
    this.#maxAccounts = options.maxAccounts
    this.#asksFirst = options.asksFirst
    for (const record of options.contents?.days ?? []) {
      const account = this.#restored(record.account, options)
      const count = countOf(account.days, record.day)
      count.taken = record.taken
      count.doubtful = record.doubtful
    }
    for (const slot of options.contents?.slots.values() ?? []) {
      if (slot.endedAtMs !== null) continue
      const account = this.#restored(slot.account, options)
      for (const day of slot.days) countOf(account.days, day).doubtful++
    }
    for (const { account, day, consumer, calls } of options.earlier) {
      // Without a count of the day itself there is nothing that this could be a part of.
      if (this.#accounts.get(account)?.days.counts.has(day) !== true) continue
      this.#shares.spend(account, { days: [day], consumer, calls })
    }
  }

  #restored(
    name: string,
    options: { asksAgain: (account: string) => boolean; doubtUntilMs: number },
  ): Account {
    const { asksAgain, doubtUntilMs } = options
    const account = this.#accounts.get(name) ?? newAccount(asksAgain(name), doubtUntilMs)
    this.#accounts.set(name, account)
    return account
  }

  #rulesOf(name: string): DayRules {
    return { ...this.#policy, max: this.#policy.maxOf(name) }
  }

  #accountOf(name: string): Account {
    let account = this.#accounts.get(name)
    if (account === undefined) {
      if (this.#accounts.size >= this.#maxAccounts) {
        throw new RangeError(`more than ${this.#maxAccounts} accounts`)
      }
      account = newAccount(this.#asksFirst(name), -Infinity)
      this.#accounts.set(name, account)
    }
    return account
  }

  /** May this consumer of this account send one more request now? */
  check(request: TakeRequest, now: Now): DayVerdict {
    const name = request.account
    const account = this.#accountOf(name)
    const rules = this.#rulesOf(name)
    for (const day of forgetPast(account.days, now.wallsMs, rules)) {
      this.#shares.forget(name, day)
      void this.#journal.removeDay(name, day).catch(() => {})
    }
    if (account.isUnknown) {
      account.askUntilMs ??= now.monotonicMs + ASK_PATIENCE_MS
      if (now.monotonicMs < account.askUntilMs) {
        return { kind: 'ask-quota', untilMs: account.askUntilMs }
      }
      account.isUnknown = false
      account.askUntilMs = undefined
    }
    const days = chargedDays(now.wallsMs, rules)
    if (!fits(account.days, days, rules)) return this.#spent(account, { days, rules }, now)
    const left = days.map((day) => leftOf(account.days, day, rules))
    const untilWallMs = this.#shares.keptUntil(request, left, now.wallsMs[0])
    return untilWallMs === undefined ? { kind: 'open' } : { kind: 'kept', untilWallMs }
  }

  /** Full, or only perhaps full: what was under way at the last reading may be counted twice. */
  #spent(
    account: Account,
    { days, rules }: { days: readonly string[]; rules: DayRules },
    now: Now,
  ): DayVerdict {
    const { quota } = account.days
    const isVague = days.some((day) => {
      const doubtful = account.days.counts.get(day)?.doubtful ?? 0
      const overlap = quota?.day === day ? quota.takenAtAsk - quota.settledAtAsk : 0
      const max = maxOf(account.days, rules) - account.days.reserve
      return usedOf(account.days, day) - doubtful - overlap < max && doubtful + overlap > 0
    })
    // Two clocks that disagree: the answer's Date will say which is right.
    const isEarly = now.wallsMs.length > 1
    const isQuiet = now.monotonicMs < Math.max(account.doubtUntilMs, account.quietUntilMs)
    const mayAsk = (isVague || isEarly) && now.out === 0 && !isQuiet
    if (mayAsk) {
      account.askUntilMs ??= now.monotonicMs + ASK_PATIENCE_MS
      if (now.monotonicMs < account.askUntilMs) {
        return { kind: 'ask-quota', untilMs: account.askUntilMs }
      }
    }
    const full = days.filter((day) => !fits(account.days, [day], rules)).at(-1) ?? days[0] ?? ''
    return { kind: 'spent', untilWallMs: endOf(full) + rules.skewGuardMs }
  }

  /** Charges one request; the promise is the journal's. */
  charge(
    { account: name, consumer = UNKNOWN }: TakeRequest,
    wallsMs: readonly number[],
  ): { days: readonly string[]; durable: Promise<unknown> } {
    const { days: state } = this.#accountOf(name)
    const days = chargedDays(wallsMs, this.#rulesOf(name))
    charge(state, days)
    this.#shares.spend(name, { days, consumer, calls: 1 })
    return { days, durable: this.#write(name, state, days) }
  }

  /** Gives back what was never sent, or of `days` those that it was never counted to. */
  discharge({ account: name, consumer, ...permit }: Permit, days = permit.days): void {
    const account = this.#accounts.get(name)
    if (account === undefined || days.length === 0) return
    discharge(account.days, days)
    this.#shares.spend(name, { days, consumer, calls: -1 })
    void this.#write(name, account.days, days).catch(() => {})
  }

  /**
   * An answer came, and with it the time: days on which its request cannot have arrived, by any clock
   * that may be right, are given back, and one on which it can have is charged if it was not.
   */
  narrow(permit: Permit, wall: { answeredMs: readonly number[]; tookMs: number }): void {
    const { account: name, consumer, days } = permit
    const account = this.#accounts.get(name)
    if (account === undefined || days.length === 0) return
    const { missed, surplus } = narrowed(days, wall, this.#policy.skewGuardMs)
    if (missed.length > 0) {
      charge(account.days, missed)
      this.#shares.spend(name, { days: missed, consumer, calls: 1 })
      void this.#write(name, account.days, missed).catch(() => {})
    }
    this.discharge(permit, surplus)
  }

  /** A request ended without an answer; until then the upstream may count it yet. */
  doubt(name: string, untilMs: number): void {
    const account = this.#accounts.get(name)
    if (account !== undefined) account.doubtUntilMs = Math.max(account.doubtUntilMs, untilMs)
  }

  ask(name: string, wallMs: number, out: number): QuotaQuestion {
    const day = dayOf(wallMs)
    const { taken } = countOf(this.#accountOf(name).days, day)
    return { account: name, day, takenAtAsk: taken, settledAtAsk: taken - Math.min(out, taken) }
  }

  /** `answer` undefined: the question failed, and everybody goes on without. */
  answer(
    question: QuotaQuestion,
    answer: QuotaAnswer | undefined,
    now: { monotonicMs: number; wallMs: number },
  ): void {
    const account = this.#accountOf(question.account)
    account.isUnknown = false
    account.askUntilMs = undefined
    account.quietUntilMs =
      now.monotonicMs + (answer === undefined ? QUIET_AFTER_FAILURE_MS : QUIET_MS)
    if (answer === undefined || dayOf(now.wallMs) !== question.day) return
    const reading = { ...question, ...answer, wallMs: now.wallMs }
    learn(account.days, reading, now.monotonicMs >= account.doubtUntilMs)
    void this.#write(question.account, account.days, [question.day]).catch(() => {})
  }

  #write(name: string, state: AccountDays, days: readonly string[]): Promise<unknown> {
    return Promise.all(
      days.map((day) => this.#journal.putDay({ account: name, day, ...countOf(state, day) })),
    )
  }

  /** For status and metrics. */
  *usage(now: { monotonicMs: number; wallMs: number }): Generator<DayUsage> {
    const day = dayOf(now.wallMs)
    for (const [account, { days, isUnknown, doubtUntilMs }] of this.#accounts) {
      const isOver = now.monotonicMs >= doubtUntilMs
      yield {
        account,
        day,
        used: usedOf(days, day),
        max: maxOf(days, this.#rulesOf(account)),
        reserve: days.reserve,
        resetAtWallMs: endOf(day),
        quotaReadAtWallMs: days.quota?.wallMs,
        isUnknown,
        doubtful: isOver ? (days.counts.get(day)?.doubtful ?? 0) : 0,
      }
    }
  }

  /** Who spent what of today, and what is kept for whom; undefined for an account never seen. */
  shares(name: string, wallMs: number): ShareUsage | undefined {
    const account = this.#accounts.get(name)
    if (account === undefined) return undefined
    const left = leftOf(account.days, dayOf(wallMs), this.#rulesOf(name))
    return this.#shares.usage(name, left, wallMs)
  }
}

const endOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) + DAY_MS

function leftOf(days: AccountDays, day: string, rules: DayRules): DayLeft {
  const max = maxOf(days, rules)
  const left = max - days.reserve - usedOf(days, day)
  return { day, max, left, endsAtWallMs: endOf(day) }
}

const newAccount = (isUnknown: boolean, doubtUntilMs: number): Account => ({
  days: createAccountDays(),
  isUnknown,
  askUntilMs: undefined,
  doubtUntilMs,
  quietUntilMs: -Infinity,
})
