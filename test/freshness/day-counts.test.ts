import t from 'tap'
import {
  expectedDay,
  firstDayProfile,
  learnt,
  newDayCounts,
  NO_PROFILES,
  restOf,
} from '../../src/freshness/day-counts.js'
import { evenHours, HOUR_MS, sumOf } from '../../src/freshness/hours.js'

const MONDAY = Date.parse('2026-11-30T00:00:00Z')
const DAY_MS = 24 * HOUR_MS
const FIRST = firstDayProfile(6_000, 60)

function dayOf(midnightMs: number, calls: number, sinceMs = midnightMs) {
  const day = newDayCounts(midnightMs, sinceMs)
  for (let hour = 0; hour < 24; hour++) {
    if (midnightMs + hour * HOUR_MS >= sinceMs) day.mandatory[hour] = calls
  }
  return day
}

void t.test(
  'a first day: 40 % of the budget, most of it in the office hours of the time zone',
  async (t) => {
    t.equal(Math.round(sumOf(FIRST.mandatory)), 2_400)
    const { mandatory } = FIRST
    t.equal((mandatory[7] ?? 0) / (mandatory[6] ?? 1), 3.5, '8:00 of UTC+1 is 7:00 UTC')
    t.equal(expectedDay(NO_PROFILES, MONDAY, FIRST), FIRST)
  },
)

void t.test('the last day is expected, until two of a kind are known', async (t) => {
  let profiles = learnt(NO_PROFILES, dayOf(MONDAY, 10), FIRST)
  t.equal(expectedDay(profiles, MONDAY + DAY_MS, FIRST).mandatory[5], 10)
  profiles = learnt(profiles, dayOf(MONDAY + DAY_MS, 20), FIRST)
  t.equal(expectedDay(profiles, MONDAY + 2 * DAY_MS, FIRST).mandatory[5], 15)
  const saturday = MONDAY + 5 * DAY_MS
  profiles = learnt(profiles, dayOf(saturday, 1), FIRST)
  t.equal(expectedDay(profiles, saturday + DAY_MS, FIRST).mandatory[5], 1, 'as on the last day')
  t.equal(expectedDay(profiles, saturday + 2 * DAY_MS, FIRST).mandatory[5], 15, 'a Monday again')
})

void t.test('hours before counting began are taken from another day', async (t) => {
  const half = dayOf(MONDAY, 8, MONDAY + 12 * HOUR_MS)
  const { last } = learnt(NO_PROFILES, half, FIRST)
  t.equal(last?.mandatory[11], FIRST.mandatory[11])
  t.equal(last?.mandatory[12], 8)
})

void t.test('the rest of the day is scaled by how the day has gone, within bounds', async (t) => {
  const expected = { mandatory: evenHours(10), reads: evenHours(600), writes: evenHours(0) }
  const noon = MONDAY + 12 * HOUR_MS
  const as = (calls: number) => {
    const day = newDayCounts(MONDAY)
    for (let hour = 0; hour < 12; hour++) day.mandatory[hour] = calls
    return restOf(expected, day, noon).mandatory
  }
  t.equal(as(10), 120)
  t.ok(as(20) > 120 && as(20) < 240)
  t.equal(as(1_000), 720, 'six times at the most')
  t.equal(as(0), 60, 'half at the least')
  const late = newDayCounts(MONDAY, noon)
  t.equal(
    restOf(expected, late, noon).mandatory,
    120,
    'a start at noon says nothing of the morning',
  )
  t.equal(restOf(expected, late, MONDAY + DAY_MS).mandatory, 0)
})
