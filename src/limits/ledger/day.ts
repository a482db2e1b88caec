/**
 * The day: at most `max` requests per account and UTC day, as the upstream counts them.
 *
 * The proxy cannot know on which side of midnight the upstream counts a request in flight, so around
 * midnight a request is charged to both days and must fit into both. The answer of `/quota/` can only
 * raise the count, except for permits whose fate a crash left open: those it may explain away.
 *
 * Pure: state and now in, decision out.
 */

import type { DayShares, DayState } from '../shares/shares.js'

export interface DayRules {
  /** Disagreement of the two clocks that is still harmless. */
  readonly skewGuardMs: number
  /** Longest time between a permit and the answer. */
  readonly flightGuardMs: number
}

/** What one account may spend a day. */
export interface DayPlan {
  /** A number, or what `/quota/` says. */
  readonly max: number | 'auto'
  /** Taken for 'auto' until `/quota/` has answered. Documented: 6,000 on every paid plan but one. */
  readonly maxWhileUnknown: number
  readonly shares: DayShares
}

/** The plans are looked up for each request, because a reload may change them. */
export interface DayPolicy extends DayRules {
  readonly planOf: (account: string) => DayPlan
}

/** What was charged to one UTC day of one account. */
export interface DayCount {
  taken: number
  /** The part of `taken` whose requests may never have been sent (the process died over them). */
  doubtful: number
  /** The part of `taken` that is known by consumer. */
  readonly spentBy: Map<string, number>
}

/** State of the day when `/quota/` was asked, to be handed back with the answer. */
export interface QuotaQuestion {
  readonly account: string
  readonly day: string
  /** `taken` of that day when the question was sent. */
  readonly takenAtAsk: number
  /** The same without the requests that were in flight. */
  readonly settledAtAsk: number
}

export interface QuotaAnswer {
  readonly max: number
  readonly used: number
}

export interface QuotaReading extends Omit<QuotaQuestion, 'account'>, QuotaAnswer {
  readonly wallMs: number
}

export interface AccountDays {
  readonly counts: Map<string, DayCount>
  quota: QuotaReading | undefined
  /** Requests that other programs are expected to spend before `/quota/` is asked again. */
  reserve: number
}

/** One account's day, for status and metrics. */
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

export const DAY_MS = 86_400_000

export const dayOf = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10)

export const endOfDay = (day: string): number => Date.parse(`${day}T00:00:00Z`) + DAY_MS

export const nextMidnight = (wallMs: number): number => (Math.floor(wallMs / DAY_MS) + 1) * DAY_MS

export function createAccountDays(): AccountDays {
  return { counts: new Map(), quota: undefined, reserve: 0 }
}

/** The days that a request sent now may be counted to, by every clock that may be right. */
export function chargedDays(wallsMs: readonly number[], rules: DayRules): readonly string[] {
  const days: string[] = []
  for (const wallMs of wallsMs) {
    const first = dayOf(wallMs - rules.skewGuardMs)
    const last = dayOf(wallMs + rules.skewGuardMs + rules.flightGuardMs)
    if (!days.includes(first)) days.push(first)
    if (!days.includes(last)) days.push(last)
  }
  return days.toSorted()
}

/** The most that the upstream can have counted for that day. */
export function usedOf(days: AccountDays, day: string): number {
  const own = days.counts.get(day)?.taken ?? 0
  const { quota } = days
  if (quota?.day !== day) return own
  return Math.max(own, quota.used + (own - quota.settledAtAsk))
}

export function maxOf(
  days: AccountDays,
  { max, maxWhileUnknown }: Pick<DayPlan, 'max' | 'maxWhileUnknown'>,
): number {
  return max === 'auto' ? (days.quota?.max ?? maxWhileUnknown) : max
}

/** The first of these days that has no room for one more request, the reserve for others kept. */
export function fullDay(
  days: AccountDays,
  charged: readonly string[],
  plan: Pick<DayPlan, 'max' | 'maxWhileUnknown'>,
): string | undefined {
  const room = maxOf(days, plan) - days.reserve
  for (const day of charged) if (usedOf(days, day) >= room) return day
  return undefined
}

const NONE: ReadonlyMap<string, number> = new Map()

/** The day as the rules for shares see it. */
export function dayState(
  days: AccountDays,
  day: string,
  { plan, wallMs }: { readonly plan: DayPlan; readonly wallMs: number },
): DayState {
  const max = maxOf(days, plan)
  return {
    max,
    left: max - days.reserve - usedOf(days, day),
    spentBy: days.counts.get(day)?.spentBy ?? NONE,
    untilEndMs: endOfDay(day) - wallMs,
  }
}

/** Changes to the days of a permit, see `narrowed`. */
export interface Narrowed {
  readonly missed: readonly string[]
  readonly surplus: readonly string[]
}

export const NOTHING_NARROWED: Narrowed = { missed: [], surplus: [] }

/**
 * An answer arrived, and with it the time. Of the days that its request was charged to, `surplus` are
 * those to which no clock that may be right can have counted it; `missed` are those to which one may
 * have, and that were not charged.
 */
export function narrowed(
  days: readonly string[],
  wall: { readonly answeredMs: readonly number[]; readonly tookMs: number },
  skewGuardMs: number,
): Narrowed {
  const [day, other] = days
  const [answeredMs = 0] = wall.answeredMs
  const isSure = other === undefined && wall.answeredMs.length === 1
  if (isSure && dayOf(answeredMs - wall.tookMs - skewGuardMs) === day) {
    if (dayOf(answeredMs + skewGuardMs) === day) return NOTHING_NARROWED
  }
  const possible = wall.answeredMs.map((answeredMs) => ({
    first: dayOf(answeredMs - wall.tookMs - skewGuardMs),
    last: dayOf(answeredMs + skewGuardMs),
  }))
  const all = new Set(possible.flatMap(({ first, last }) => [first, last]))
  return {
    missed: [...all].filter((day) => !days.includes(day)),
    surplus: days.filter((day) => possible.every(({ first, last }) => day < first || day > last)),
  }
}

/** Stands for consumers beyond the bound. No consumer can have such a name. */
export const OTHERS = '(others)'
/** The client name of the proxy's own calls, which ask for the quota. */
export const QUOTA_ASKER = 'intervals-proxy'
/** Stands for calls whose consumer is not known, such as those of the second before a crash. */
export const UNKNOWN = '(unknown)'

/** Consumers a day that are counted by name; those with a share always are. */
const MAX_CONSUMERS = 1_000

/** A change to what a consumer spent; below 0 it is given back. */
export interface Spent {
  readonly consumer: string
  readonly calls: number
  /** It has a share, so it is counted by name whatever the bound. */
  readonly isListed: boolean
}

/** Charges calls to each of these days, or gives them back. */
export function charge(days: AccountDays, charged: readonly string[], spent: Spent): void {
  for (const day of charged) {
    const count = countOf(days, day)
    count.taken = Math.max(0, count.taken + spent.calls)
    bookConsumer(count, spent)
  }
}

export function bookConsumer({ spentBy }: DayCount, { consumer, calls, isListed }: Spent): void {
  const isNamed = isListed || spentBy.size < MAX_CONSUMERS || spentBy.has(consumer)
  const name = isNamed ? consumer : OTHERS
  spentBy.set(name, Math.max(0, (spentBy.get(name) ?? 0) + calls))
}

export function countOf(days: AccountDays, day: string): DayCount {
  let count = days.counts.get(day)
  if (count === undefined) {
    count = { taken: 0, doubtful: 0, spentBy: new Map() }
    days.counts.set(day, count)
  }
  return count
}

/**
 * Forgets days before the oldest that can still be charged, and those far ahead that only a wrong
 * clock can have charged; returns their names.
 */
export function forgetPast(
  days: AccountDays,
  wallsMs: readonly number[],
  rules: DayRules,
): string[] {
  const oldest = dayOf(Math.min(...wallsMs) - rules.skewGuardMs - rules.flightGuardMs)
  const newest = dayOf(Math.max(...wallsMs) + rules.skewGuardMs + rules.flightGuardMs + DAY_MS)
  const gone = [...days.counts.keys()].filter((day) => day < oldest || day > newest)
  for (const day of gone) days.counts.delete(day)
  if (days.quota !== undefined && days.quota.day < oldest) days.quota = undefined
  return gone
}

/**
 * Records a response from `/quota/`. `doubtIsOver`: every request that was in flight at the crash is
 * dead by now, so a request that the upstream did not count was never sent.
 */
export function learn(days: AccountDays, reading: QuotaReading, doubtIsOver: boolean): void {
  const previous = days.quota
  days.quota = reading
  const count = countOf(days, reading.day)
  if (doubtIsOver && count.doubtful > 0) {
    const neverSent = Math.min(count.doubtful, Math.max(0, reading.settledAtAsk - reading.used))
    count.taken -= neverSent
    // Requests in flight at the question may hide some that were never sent: then the doubt stays.
    const isExact = reading.takenAtAsk === reading.settledAtAsk
    count.doubtful = isExact ? 0 : count.doubtful - neverSent
    days.quota = {
      ...reading,
      settledAtAsk: reading.settledAtAsk - neverSent,
      takenAtAsk: reading.takenAtAsk - neverSent,
    }
  }
  days.reserve = reserveFor(previous, days.quota)
}

/** Twice what others spent between two readings of one day; the readings are one interval apart. */
export function reserveFor(
  previous: Pick<QuotaReading, 'day' | 'used' | 'settledAtAsk'> | undefined,
  reading: Pick<QuotaReading, 'day' | 'used' | 'max' | 'takenAtAsk'>,
): number {
  if (previous === undefined || previous.day !== reading.day) return 0
  const byUs = reading.takenAtAsk - previous.settledAtAsk
  const byOthers = reading.used - previous.used - byUs
  return Math.min(Math.max(0, byOthers) * 2, Math.floor(reading.max / 10))
}
