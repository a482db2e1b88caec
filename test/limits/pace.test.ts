import t from 'tap'
import fc from 'fast-check'
import {
  createPace,
  forecastPace,
  left,
  lineBegins,
  mayLeaveAt,
} from '../../src/limits/queue/pace.js'
import type { PaceRules, PaceState } from '../../src/limits/queue/pace.js'

const rules: PaceRules = { max: 100, windowMs: 60_000, burst: 80, graceMs: 50 }
const T0 = 1_000_000

/** Lets `count` requests leave that all wait from `startMs` on; when each of them left. */
function run(state: PaceState, { count, startMs }: { count: number; startMs: number }, by = rules) {
  const times: number[] = []
  let nowMs = startMs
  lineBegins(state, nowMs, by)
  while (times.length < count) {
    const at = mayLeaveAt(state, { nowMs, waiting: count - times.length }, by)
    if (at > nowMs) {
      nowMs = at
      continue
    }
    left(state, nowMs, by)
    times.push(nowMs - startMs)
  }
  return times
}
const most = (times: readonly number[], windowMs: number): number =>
  Math.max(...times.map((at) => times.filter((one) => one >= at && one < at + windowMs).length))

t.test('up to the burst share: at once', async (t) => {
  t.same(new Set(run(createPace(), { count: 80, startMs: T0 })), new Set([0]))
})

t.test('what fits into the window goes whole, one grace later', async (t) => {
  const times = run(createPace(), { count: 100, startMs: T0 })
  t.same(new Set(times.slice(0, 80)), new Set([0]))
  t.same(new Set(times.slice(80)), new Set([50]))
})

t.test('a longer backlog is spread, and then goes at the sustained rate', async (t) => {
  const times = run(createPace(), { count: 400, startMs: T0 })
  const gaps = times.slice(81).map((at, i) => at - (times[80 + i] ?? 0))
  t.ok(
    gaps.every((gap) => gap >= 599.9),
    'never two at once past the burst',
  )
  t.ok(
    gaps.slice(30).every((gap) => gap <= 600.1),
    'and nothing of the rate is lost',
  )
  t.ok(most(times, 60_000) <= 101, `${most(times, 60_000)} in one window`)
})

t.test('once paid, a backlog is forgotten', async (t) => {
  const state = createPace()
  const first = run(state, { count: 300, startMs: T0 })
  const idleMs = T0 + (first.at(-1) ?? 0) + 60_000
  t.same(new Set(run(state, { count: 80, startMs: idleMs })), new Set([0]))
  t.equal(state.grants.length, 80)
})

t.test('what did not leave after all is undone', async (t) => {
  const state = createPace()
  run(state, { count: 150, startMs: T0 })
  const before = structuredClone(state)
  const undo = left(state, before.lastAtMs + 1, rules)
  undo()
  t.same(state.grants, before.grants)
  t.same(state.spread, before.spread)
})

t.test('an idle stretch under a backlog is not made up for', async (t) => {
  const state = createPace()
  run(state, { count: 150, startMs: T0 })
  const nowMs = state.lastAtMs + 30_000
  let atOnce = 0
  while (mayLeaveAt(state, { nowMs, waiting: 500 }, rules) <= nowMs) {
    left(state, nowMs, rules)
    atOnce++
  }
  t.ok(atOnce <= 2, `${atOnce} at once`)
})

const anyRules = fc
  .record({
    max: fc.integer({ min: 2, max: 200 }),
    windowMs: fc.integer({ min: 500, max: 60_000 }),
    share: fc.double({ min: 0.1, max: 0.95, noNaN: true }),
  })
  .map(({ max, windowMs, share }): PaceRules => {
    const burst = Math.max(1, Math.min(max - 1, Math.floor(max * share)))
    return { max, windowMs, burst, graceMs: 5 }
  })

t.test('the forecast for the last in line agrees with what then happens', async () => {
  fc.assert(
    fc.property(anyRules, fc.integer({ min: 1, max: 500 }), (by, count) => {
      const forecast = forecastPace(createPace(), { nowMs: T0, position: count - 1 }, by) - T0
      const last = run(createPace(), { count, startMs: T0 }, by).at(-1) ?? 0
      const step = by.windowMs / Math.max(1, by.max - by.burst)
      if (Math.abs(last - forecast) > 2 * step + by.graceMs) {
        throw new Error(`forecast ${forecast}, left after ${last}, step ${step}`)
      }
    }),
    { numRuns: 500 },
  )
})

t.test('grants never outgrow the window', async () => {
  fc.assert(
    fc.property(anyRules, fc.integer({ min: 1, max: 600 }), (by, count) => {
      const state = createPace()
      const times = run(state, { count, startMs: T0 }, by)
      return most(times, by.windowMs) <= by.max + 2 && state.grants.length <= by.max + 2
    }),
    { numRuns: 300 },
  )
})
