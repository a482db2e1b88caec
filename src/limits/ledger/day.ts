/**
 * The day: at most `max` requests per account and UTC day, as the upstream counts them.
 *
 * We cannot know on which side of midnight the upstream counts a request that is under way there,
 * so around midnight a request is charged to both days and must fit into both. What the upstream
 * says of itself (`/quota/`) can only raise the count, except for permits whose fate a crash left
 * open: those it may explain away.
 *
 * Pure: state and now in, decision out.
 */

export interface DayRules {
  /** A number, or what `/quota/` says. */
  readonly max: number | 'auto'
  /** Taken for 'auto' until `/quota/` has answered. Documented: 6,000 on every paid plan but one. */
  readonly maxWhileUnknown: number
  /** Disagreement of the two clocks that is still harmless. */
  readonly skewGuardMs: number
  /** Longest time between a permit and the answer. */
  readonly flightGuardMs: number
}

/** What was charged to one UTC day of one account. */
export interface DayCount {
  taken: number
  /** The part of `taken` whose requests may never have been sent (the process died over them). */
  doubtful: number
}

/** An answer of `/quota/`, with what was on its way when it was asked. */
export interface QuotaReading {
  readonly day: string
  readonly max: number
  readonly used: number
  /** `taken` of that day when the question left, less what was then still out. */
  readonly settledAtAsk: number
  readonly takenAtAsk: number
  readonly wallMs: number
}

export interface AccountDays {
  readonly counts: Map<string, DayCount>
  quota: QuotaReading | undefined
  /** Requests that other programs are expected to spend before we look again. */
  reserve: number
}

export const DAY_MS = 86_400_000

export const dayOf = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10)

export const nextMidnight = (wallMs: number): number => (Math.floor(wallMs / DAY_MS) + 1) * DAY_MS

export function createAccountDays(): AccountDays {
  return { counts: new Map(), quota: undefined, reserve: 0 }
}

/** The days that a request sent now may be counted to, by every clock that may be right. */
export function chargedDays(wallsMs: readonly number[], rules: DayRules): readonly string[] {
  const days = wallsMs.flatMap((wallMs) => [
    dayOf(wallMs - rules.skewGuardMs),
    dayOf(wallMs + rules.skewGuardMs + rules.flightGuardMs),
  ])
  return [...new Set(days)].toSorted()
}

/** The most that the upstream can have counted for that day. */
export function usedOf(days: AccountDays, day: string): number {
  const own = days.counts.get(day)?.taken ?? 0
  const { quota } = days
  if (quota?.day !== day) return own
  return Math.max(own, quota.used + (own - quota.settledAtAsk))
}

export function maxOf(days: AccountDays, rules: DayRules): number {
  if (rules.max !== 'auto') return rules.max
  return days.quota?.max ?? rules.maxWhileUnknown
}

/** Does one more request fit into each of these days, with the reserve for others kept? */
export function fits(days: AccountDays, charged: readonly string[], rules: DayRules): boolean {
  const room = maxOf(days, rules) - days.reserve
  return charged.every((day) => usedOf(days, day) < room)
}

/**
 * An answer came, and with it the time. Of the days that its request was charged to, `surplus` are those
 * to which no clock that may be right can have counted it; `missed` are those to which one may have, and
 * that were not charged.
 */
export function narrowed(
  days: readonly string[],
  wall: { readonly answeredMs: readonly number[]; readonly tookMs: number },
  skewGuardMs: number,
): { readonly missed: readonly string[]; readonly surplus: readonly string[] } {
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

export function charge(days: AccountDays, charged: readonly string[]): void {
  for (const day of charged) countOf(days, day).taken++
}

export function countOf(days: AccountDays, day: string): DayCount {
  let count = days.counts.get(day)
  if (count === undefined) {
    count = { taken: 0, doubtful: 0 }
    days.counts.set(day, count)
  }
  return count
}

export function discharge(days: AccountDays, charged: readonly string[]): void {
  for (const day of charged) {
    const count = days.counts.get(day)
    if (count !== undefined && count.taken > 0) count.taken--
  }
}

/**
 * Days before the oldest that can still be charged are forgotten, and those far ahead that only a
 * wrong clock can have charged; returns their names.
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
 * Takes in what `/quota/` answered. `doubtIsOver`: every request that the crash left open is dead
 * by now, so those that the upstream did not count were never sent.
 */
export function learn(days: AccountDays, reading: QuotaReading, doubtIsOver: boolean): void {
  const previous = days.quota
  days.quota = reading
  const count = countOf(days, reading.day)
  if (doubtIsOver && count.doubtful > 0) {
    const neverSent = Math.min(count.doubtful, Math.max(0, reading.settledAtAsk - reading.used))
    count.taken -= neverSent
    // What was out at the question may hide some that were never sent: then the doubt stays.
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
