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
  usedOf,
} from './day.js'
import type { AccountDays, DayRules } from './day.js'
import type { Journal, JournalContents } from './journal.js'

/** How long a request waits for the first answer of `/quota/` before it goes on without one. */
const ASK_PATIENCE_MS = 10_000

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

export type DayVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'ask-quota'; readonly untilMs: number }
  | { readonly kind: 'spent'; readonly untilWallMs: number }

interface Account {
  readonly days: AccountDays
  /** Nothing is known of this account's day; set until `/quota/` answered or patience ended. */
  isUnknown: boolean
  /** Monotonic time at which patience with the question ends. */
  askUntilMs: number | undefined
  /** Monotonic; before it nothing is explained by questions any more. */
  doubtUntilMs: number
}

export class DayBook {
  readonly #accounts = new Map<string, Account>()
  readonly #rules: DayRules
  readonly #journal: Journal
  readonly #maxAccounts: number
  readonly #asksFirst: boolean

  constructor(options: {
    rules: DayRules
    journal: Journal
    contents: JournalContents | undefined
    /** Ask `/quota/` before the first request of an account without history. */
    asksFirst: boolean
    /** When the last request of a dead process can no longer be counted (monotonic). */
    doubtUntilMs: number
    maxAccounts: number
  }) {
    this.#rules = options.rules
    this.#journal = options.journal
    this.#maxAccounts = options.maxAccounts
    this.#asksFirst = options.asksFirst
    for (const record of options.contents?.days ?? []) {
      const account = this.#restored(record.account, options.doubtUntilMs)
      const count = countOf(account.days, record.day)
      count.taken = record.taken
      count.doubtful = record.doubtful
    }
    for (const slot of options.contents?.slots.values() ?? []) {
      if (slot.endedAtMs !== null) continue
      const account = this.#restored(slot.account, options.doubtUntilMs)
      for (const day of slot.days) countOf(account.days, day).doubtful++
    }
  }

  #restored(name: string, doubtUntilMs: number): Account {
    const account = this.#accounts.get(name) ?? {
      days: createAccountDays(),
      isUnknown: false,
      askUntilMs: undefined,
      doubtUntilMs,
    }
    this.#accounts.set(name, account)
    return account
  }

  #accountOf(name: string): Account {
    let account = this.#accounts.get(name)
    if (account === undefined) {
      if (this.#accounts.size >= this.#maxAccounts) {
        throw new RangeError(`more than ${this.#maxAccounts} accounts`)
      }
      account = {
        days: createAccountDays(),
        isUnknown: this.#asksFirst,
        askUntilMs: undefined,
        doubtUntilMs: 0,
      }
      this.#accounts.set(name, account)
    }
    return account
  }

  /** May `account` send one more request that arrives about `wallMs`? */
  check(name: string, now: { monotonicMs: number; wallMs: number; out: number }): DayVerdict {
    const account = this.#accountOf(name)
    for (const day of forgetPast(account.days, now.wallMs, this.#rules)) {
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
    const days = chargedDays(now.wallMs, this.#rules)
    if (fits(account.days, days, this.#rules)) return { kind: 'open' }
    return this.#spent(account, days, now)
  }

  /** Full, or only perhaps full: what was under way at the last reading may be counted twice. */
  #spent(
    account: Account,
    days: readonly string[],
    now: { monotonicMs: number; wallMs: number; out: number },
  ): DayVerdict {
    const { quota } = account.days
    const isVague = days.some((day) => {
      const doubtful = account.days.counts.get(day)?.doubtful ?? 0
      const overlap = quota?.day === day ? quota.takenAtAsk - quota.settledAtAsk : 0
      const max = maxOf(account.days, this.#rules) - account.days.reserve
      return usedOf(account.days, day) - doubtful - overlap < max && doubtful + overlap > 0
    })
    const mayAsk = isVague && now.out === 0 && now.monotonicMs >= account.doubtUntilMs
    if (mayAsk) {
      account.askUntilMs ??= now.monotonicMs + ASK_PATIENCE_MS
      if (now.monotonicMs < account.askUntilMs) {
        return { kind: 'ask-quota', untilMs: account.askUntilMs }
      }
    }
    const full = days.filter((day) => !fits(account.days, [day], this.#rules)).at(-1) ?? days[0]
    const endOfDay = Date.parse(`${full}T00:00:00Z`) + DAY_MS
    return { kind: 'spent', untilWallMs: endOfDay + this.#rules.skewGuardMs }
  }

  /** Charges one request; the promise is the journal's. */
  charge(name: string, wallMs: number): { days: readonly string[]; durable: Promise<unknown> } {
    const { days: state } = this.#accountOf(name)
    const days = chargedDays(wallMs, this.#rules)
    charge(state, days)
    return { days, durable: this.#write(name, state, days) }
  }

  /** Gives back what was never sent. */
  discharge(name: string, days: readonly string[]): void {
    const account = this.#accounts.get(name)
    if (account === undefined || days.length === 0) return
    discharge(account.days, days)
    void this.#write(name, account.days, days).catch(() => {})
  }

  /** An answer came at `wallMs`: of two charged days the later is out if that was well before it. */
  narrow(name: string, days: readonly string[], wallMs: number): void {
    const lastPossible = dayOf(wallMs + this.#rules.skewGuardMs)
    this.discharge(
      name,
      days.filter((day) => day > lastPossible),
    )
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
  *usage(wallMs: number): Generator<DayUsage> {
    const day = dayOf(wallMs)
    for (const [account, { days, isUnknown }] of this.#accounts) {
      yield {
        account,
        day,
        used: usedOf(days, day),
        max: maxOf(days, this.#rules),
        reserve: days.reserve,
        resetAtWallMs: Date.parse(`${day}T00:00:00Z`) + DAY_MS,
        quotaReadAtWallMs: days.quota?.wallMs,
        isUnknown,
      }
    }
  }
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
}
