/** What one account's day consisted of, by the hour, and what the next day of its kind will. */

import { evenHours, hourOf, HOUR_MS, sumBetween, sumOf } from './hours.js'
import type { Hours } from './hours.js'

const DAY_MS = 24 * HOUR_MS

/** The day so far. */
export interface DayCounts {
  /** Its midnight UTC, epoch milliseconds. */
  readonly midnightMs: number
  /** When counting began: midnight, or later after the first start. */
  readonly sinceMs: number
  /** Calls that no price can save: writes, first reads, reads after a write, and reads that insist. */
  readonly mandatory: number[]
  /** Reads of what can be cached, hits included. */
  readonly reads: number[]
  readonly writes: number[]
}

export interface DayProfile {
  readonly mandatory: Hours
  readonly reads: Hours
  readonly writes: Hours
}

/** The last day, and a typical one of each kind of weekday. */
export interface DayProfiles {
  readonly last: DayProfile | undefined
  readonly workday: (DayProfile & { readonly days: number }) | undefined
  readonly weekend: (DayProfile & { readonly days: number }) | undefined
}

export const NO_PROFILES: DayProfiles = { last: undefined, workday: undefined, weekend: undefined }

export const midnightOf = (wallMs: number): number => Math.floor(wallMs / DAY_MS) * DAY_MS

export function newDayCounts(nowMs: number, sinceMs = nowMs): DayCounts {
  const [mandatory, reads, writes] = [evenHours(0), evenHours(0), evenHours(0)]
  return { midnightMs: midnightOf(nowMs), sinceMs, mandatory, reads, writes }
}

/** So many days make a kind of weekday known. */
const KNOWN_DAYS = 2
/** The share of the newest day in what is typical. */
const NEWEST = 0.5

const isWeekend = (wallMs: number): boolean => [0, 6].includes(new Date(wallMs).getUTCDay())

/** With a day that has ended. */
export function learnt(profiles: DayProfiles, day: DayCounts, firstDay: DayProfile): DayProfiles {
  const kind = isWeekend(day.midnightMs) ? 'weekend' : 'workday'
  const before = profiles[kind]
  const complete = completed(day, before ?? profiles.last ?? firstDay)
  const typical = before === undefined ? complete : mixed(before, complete)
  return { ...profiles, last: complete, [kind]: { ...typical, days: (before?.days ?? 0) + 1 } }
}

export function expectedDay(
  profiles: DayProfiles,
  nowMs: number,
  firstDay: DayProfile,
): DayProfile {
  const typical = profiles[isWeekend(nowMs) ? 'weekend' : 'workday']
  if (typical !== undefined && typical.days >= KNOWN_DAYS) return typical
  return profiles.last ?? firstDay
}

/** The hours before counting began are taken from another day. */
function completed(day: DayCounts, other: DayProfile): DayProfile {
  const first = Math.ceil((day.sinceMs - day.midnightMs) / HOUR_MS)
  const fill = (own: Hours, others: Hours): number[] =>
    own.map((value, hour) => (hour < first ? (others[hour] ?? value) : value))
  return {
    mandatory: fill(day.mandatory, other.mandatory),
    reads: fill(day.reads, other.reads),
    writes: fill(day.writes, other.writes),
  }
}

function mixed(older: DayProfile, newer: DayProfile): DayProfile {
  const mix = (a: Hours, b: Hours): number[] =>
    a.map((value, hour) => value + NEWEST * ((b[hour] ?? value) - value))
  return {
    mandatory: mix(older.mandatory, newer.mandatory),
    reads: mix(older.reads, newer.reads),
    writes: mix(older.writes, newer.writes),
  }
}

const FIRST_DAY_SHARE = 0.4
/** Reads by call that a mandatory one comes with, until a day has been seen. */
const FIRST_DAY_READS = 4
const OFFICE_WEIGHT = 7
const OTHER_WEIGHT = 2

/** Nothing is known yet: 40 % of the budget is mandatory, most of it in office hours of this time zone. */
export function firstDayProfile(budget: number, utcOffsetMinutes: number): DayProfile {
  const weights = evenHours(0).map((_, hour) => {
    const local = ((((hour * 60 + utcOffsetMinutes) / 60) % 24) + 24) % 24
    return local >= 8 && local < 18 ? OFFICE_WEIGHT : OTHER_WEIGHT
  })
  const total = sumOf(weights)
  const mandatory = weights.map((weight) => (FIRST_DAY_SHARE * budget * weight) / total)
  const reads = mandatory.map((calls) => calls * FIRST_DAY_READS)
  return { mandatory, reads, writes: evenHours(0) }
}

/** Few calls say little: both sides of a comparison with the expected day get these on top. */
const DAMPING = 50

/** The rest of the day by what is expected, scaled by how the day has gone so far. */
export function restOf(
  expected: DayProfile,
  day: DayCounts,
  nowMs: number,
): { readonly mandatory: number; readonly reads: number; readonly readsNextMinute: number } {
  const [fromMs, atMs] = [day.sinceMs - day.midnightMs, nowMs - day.midnightMs]
  const scaled = (which: 'mandatory' | 'reads'): number => {
    const soFar = sumOf(day[which])
    const expectedSoFar = sumBetween(expected[which], fromMs, atMs)
    return Math.min(6, Math.max(0.5, (soFar + DAMPING) / (expectedSoFar + DAMPING)))
  }
  const left = (hours: Hours): number => sumBetween(hours, atMs, DAY_MS)
  return {
    mandatory: scaled('mandatory') * left(expected.mandatory),
    reads: scaled('reads') * left(expected.reads),
    readsNextMinute: (scaled('reads') * (expected.reads[hourOf(nowMs)] ?? 0)) / 60,
  }
}
