/** Everything that is learnt of one account: change rates, the day, and the price of a call. */

import { LRUCache } from 'lru-cache'
import { newChangeRate, observed, perSecond } from './change-rate.js'
import type { ChangeRate } from './change-rate.js'
import {
  expectedDay,
  firstDayProfile,
  learnt,
  midnightOf,
  newDayCounts,
  NO_PROFILES,
  restOf,
} from './day-counts.js'
import type { DayCounts, DayProfile, DayProfiles } from './day-counts.js'
import { evenHours, hourOf, weightedSeconds, weightsOf } from './hours.js'
import { decidingPrice, discretionary, newPrice, nextPrice } from './price.js'
import type { Price } from './price.js'
import { expectedStaleSeconds, ttlInUseMs } from './ttl-in-use.js'
import type { FreshnessMode, PacedPolicy } from './ttl-in-use.js'

/** The requests of one resource with the same parameter names, or its single rows. */
export type Shape = string

const MAX_SHAPES = 1_000
const FLOOR_SECONDS = { paced: 1, saving: 10 } as const

/** What is known of the account's day by the ledger. */
export interface DayBudgetLeft {
  readonly max: number
  /** Calls that are left, the reserve for other programs taken off. */
  readonly left: number
}

export interface AccountState {
  readonly price: Price
  readonly day: DayCounts
  readonly profiles: DayProfiles
  /** Least recently used first. */
  readonly rates: readonly (readonly [Shape, ChangeRate & { readonly ttlSeconds: number }])[]
}

interface Known {
  rate: ChangeRate
  ttlSeconds: number
  /** As of the last use; undefined after a restart. */
  policy: PacedPolicy | undefined
}

/** For /-/status and the metrics. */
export interface AccountReport {
  /** Seconds of expected staleness that justify a call. */
  readonly priceSeconds: number
  /** Since when entries fetched at their ttl would cost more than is left, epoch milliseconds; undefined: they would not. */
  readonly shortSinceMs: number | undefined
  readonly callsByAgePerMinute: number
  /** Expected calls of the rest of the day that no price can save; undefined until the ledger knows the day. */
  readonly mandatoryLeft: number | undefined
  /** Calls by age that the rest of the day can spare; below 0, the mandatory ones alone are too many. */
  readonly spareLeft: number | undefined
  /** Most recently used first. */
  readonly shapes: () => readonly {
    readonly shape: Shape
    /** Fading, with a half-life of a day. */
    readonly looks: number
    readonly changesPerDay: number
    readonly ttlSeconds: number
    /** In use at the present price; undefined until a request of this shape has come. */
    readonly ttlSecondsNow: number | undefined
  }[]
}

/** A finished read, or a write that cost a call. */
export type Counted =
  | { readonly kind: 'write' }
  /** `by`: why it cost a call; undefined: it cost none. */
  | { readonly kind: 'read'; readonly by?: 'age' | 'need' | undefined }

export class AccountFreshness {
  readonly #rates = new LRUCache<Shape, Known>({ max: MAX_SHAPES })
  readonly #utcOffsetMinutes: number
  #price = newPrice(FLOOR_SECONDS.paced)
  #day: DayCounts
  #profiles = NO_PROFILES
  #firstDay: DayProfile = firstDayProfile(0, 0)
  #weights: readonly number[] = evenHours(1)
  #budget: DayBudgetLeft | undefined
  #minute = { callsByAge: 0, callsAtTtl: 0, reads: 0 }

  constructor(nowMs: number, utcOffsetMinutes: number) {
    this.#utcOffsetMinutes = utcOffsetMinutes
    this.#day = newDayCounts(nowMs)
  }

  ttlMs(
    mode: Exclude<FreshnessMode, 'fixed'>,
    shape: Shape,
    policy: PacedPolicy,
    nowMs: number,
  ): number {
    const rate = this.#known(shape, policy, nowMs).rate
    const { isShort } = this.#price
    const price = decidingPrice(this.#price, FLOOR_SECONDS[mode])
    return ttlInUseMs({ mode, policy, rate, price, isShort, weight: this.#weight(nowMs) })
  }

  /** `ageSeconds`: of what is stored; undefined: nothing is. */
  describe(
    shape: Shape,
    policy: PacedPolicy,
    nowMs: number,
    ageSeconds: number | undefined,
  ): object {
    const { rate } = this.#known(shape, policy, nowMs)
    const weight = this.#weight(nowMs)
    return {
      priceSeconds: rounded(this.#price.seconds),
      changesPerDay: rounded(perSecond(rate) * 86_400),
      looks: Math.round(rate.looks),
      ...(ageSeconds !== undefined && {
        expectedStaleSeconds: rounded(expectedStaleSeconds(rate, weight, ageSeconds)),
      }),
    }
  }

  /** The answers of two moments were compared, and no write touched them in between. */
  looked(
    shape: Shape,
    look: {
      readonly fromMs: number
      readonly toMs: number
      readonly isChanged: boolean
      readonly policy: PacedPolicy
    },
  ): void {
    const { fromMs, toMs, isChanged, policy } = look
    const known = this.#known(shape, policy, toMs)
    const seconds = weightedSeconds(this.#weights, fromMs, toMs)
    const { ttlSeconds } = known
    known.rate = observed(known.rate, { seconds, isChanged }, { ttlSeconds, nowMs: toMs })
  }

  /** A call that entries kept for their ttl would have cost: a part of one if it came before the ttl. */
  fetchedAtTtl(calls: number): void {
    this.#minute.callsAtTtl += calls
  }

  count(counted: Counted, nowMs: number): void {
    const hour = hourOf(nowMs)
    const add = (hours: number[]): number => (hours[hour] = (hours[hour] ?? 0) + 1)
    if (counted.kind === 'write') {
      add(this.#day.writes)
      add(this.#day.mandatory)
      return
    }
    add(this.#day.reads)
    this.#minute.reads++
    if (counted.by === 'age') this.#minute.callsByAge++
    else if (counted.by === 'need') add(this.#day.mandatory)
  }

  /** Once a minute. */
  tick(mode: Exclude<FreshnessMode, 'fixed'>, budget: DayBudgetLeft, nowMs: number): void {
    if (this.#budget?.max !== budget.max) {
      this.#firstDay = firstDayProfile(budget.max, this.#utcOffsetMinutes)
    }
    this.#budget = budget
    this.#turnDay(nowMs)
    const rest = this.#rest(nowMs)
    const { callsByAge, callsAtTtl, reads: readsOfMinute } = this.#minute
    this.#minute = { callsByAge: 0, callsAtTtl: 0, reads: 0 }
    this.#price = nextPrice(this.#price, {
      ...rest,
      nowMs,
      left: budget.left,
      callsByAge,
      callsAtTtl,
      readsOfMinute,
      floorSeconds: FLOOR_SECONDS[mode],
    })
  }

  #turnDay(nowMs: number): void {
    const midnightMs = midnightOf(nowMs)
    const day = this.#day
    if (midnightMs === day.midnightMs) return
    // A clock that was set back begins the day again; it teaches nothing.
    if (midnightMs > day.midnightMs) {
      this.#profiles = learnt(this.#profiles, day, this.#firstDay)
      this.#weights = weightsOf(this.#profiles.last?.writes ?? evenHours(0))
    }
    this.#day = newDayCounts(nowMs, midnightMs > day.midnightMs ? midnightMs : nowMs)
  }

  #rest(nowMs: number) {
    const { mandatory, reads, readsNextMinute } = restOf(
      expectedDay(this.#profiles, nowMs, this.#firstDay),
      this.#day,
      nowMs,
    )
    return { mandatory, reads, readsNextMinute }
  }

  #weight(nowMs: number): number {
    return this.#weights[hourOf(nowMs)] ?? 1
  }

  #known(shape: Shape, policy: PacedPolicy, nowMs: number): Known {
    const ttlSeconds = policy.ttlMs / 1_000
    const known = this.#rates.get(shape)
    if (known !== undefined) return Object.assign(known, { policy, ttlSeconds })
    const made = { rate: newChangeRate(ttlSeconds, nowMs), ttlSeconds, policy }
    this.#rates.set(shape, made)
    return made
  }

  report(mode: Exclude<FreshnessMode, 'fixed'>, nowMs: number): AccountReport {
    const { isShort, shortSinceMs, spent } = this.#price
    const price = decidingPrice(this.#price, FLOOR_SECONDS[mode])
    const rest = this.#budget && this.#rest(nowMs)
    const left = this.#budget?.left
    const weight = this.#weight(nowMs)
    const shapes: AccountReport['shapes'] = () =>
      [...this.#rates.entries()].map(([shape, { rate, ttlSeconds, policy }]) => ({
        shape,
        looks: rate.looks,
        changesPerDay: perSecond(rate) * 86_400,
        ttlSeconds,
        ttlSecondsNow: policy && ttlInUseMs({ mode, policy, rate, weight, price, isShort }) / 1_000,
      }))
    return {
      priceSeconds: price,
      shortSinceMs: isShort ? shortSinceMs : undefined,
      callsByAgePerMinute: spent,
      mandatoryLeft: rest?.mandatory,
      spareLeft: rest && left !== undefined ? discretionary({ left, ...rest }) : undefined,
      shapes,
    }
  }

  snapshot(): AccountState {
    const rates = ([...this.#rates.rentries()] as [Shape, Known][]).map(
      ([shape, { rate, ttlSeconds }]) => [shape, { ...rate, ttlSeconds }] as const,
    )
    return { price: this.#price, day: this.#day, profiles: this.#profiles, rates }
  }

  restore({ price, day, profiles, rates }: AccountState, nowMs: number): void {
    this.#price = price
    this.#profiles = profiles
    this.#weights = weightsOf(profiles.last?.writes ?? evenHours(0))
    this.#day = day
    this.#turnDay(nowMs)
    for (const [shape, { ttlSeconds, ...rate }] of rates.slice(-MAX_SHAPES)) {
      this.#rates.set(shape, { rate, ttlSeconds, policy: undefined })
    }
  }
}

/** Three digits that count. */
const rounded = (value: number): number => Number(value.toPrecision(3))
