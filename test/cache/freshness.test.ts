import t from 'tap'
import type { Test } from 'tap'
import {
  ageSeconds,
  freshnessOf,
  requestDirectives,
  ttlSeconds,
  type Freshness,
} from '../../src/cache/index.js'
import { NOW_MS } from './fixtures.js'

/** Fresh for 30 seconds, of some use for 90. */
const TIMES = {
  storedAtMs: NOW_MS,
  freshUntilMs: NOW_MS + 30_000,
  staleUntilMs: NOW_MS + 90_000,
}
const QUESTION = { times: TIMES, staleWhileRevalidateMs: 60_000 }

type Cases = readonly [age: number, cacheControl: string, Freshness][]

function testEach(t: Test, cases: Cases, question: object = {}): void {
  for (const [age, cacheControl, expected] of cases) {
    const directives = requestDirectives({ 'cache-control': cacheControl })
    const nowMs = NOW_MS + age * 1000
    const freshness = freshnessOf({ ...QUESTION, ...question, directives, nowMs })
    t.equal(freshness, expected, `${age}s ${cacheControl}`)
  }
}

t.test('age and the directives of the request decide', async (t) => {
  const cases: Cases = [
    [0, '', 'fresh'],
    [29.999, '', 'fresh'],
    [30, '', 'stale'],
    [89.999, '', 'stale'],
    [90, '', 'expired'],
    [-0.001, '', 'expired'],

    [0, 'no-cache', 'tooOldForRequest'],
    [40, 'no-cache', 'tooOldForRequest'],
    [90, 'no-cache', 'expired'],

    [0, 'max-age=0', 'tooOldForRequest'],
    [10, 'max-age=10', 'fresh'],
    [10.001, 'max-age=10', 'tooOldForRequest'],
    [40, 'max-age=60', 'stale'],
    [40, 'max-age=20', 'tooOldForRequest'],

    [20, 'min-fresh=10', 'fresh'],
    [20.001, 'min-fresh=10', 'tooOldForRequest'],
    [40, 'min-fresh=1', 'tooOldForRequest'],
    [40, 'min-fresh=1, max-stale', 'tooOldForRequest'],
    [40, 'min-fresh=0', 'stale'],
    [0, 'min-fresh=much', 'tooOldForRequest'],

    [40, 'max-stale', 'stale'],
    [40, 'max-stale=10', 'stale'],
    [40.001, 'max-stale=10', 'tooOldForRequest'],
    [40, 'max-stale=0', 'tooOldForRequest'],
    [20, 'max-stale=0', 'fresh'],
    [90, 'max-stale', 'expired'],

    [10, 'only-if-cached', 'fresh'],
    [40, 'only-if-cached', 'stale'],
  ]
  testEach(t, cases)
})

t.test('late: only for want of a newer one, and for who takes what there is', async (t) => {
  const cases: Cases = [
    [29.999, '', 'fresh'],
    [30, '', 'stale'],
    [39.999, '', 'stale'],
    [40, '', 'mustRevalidate'],
    [89.999, '', 'mustRevalidate'],
    [90, '', 'expired'],
    [40, 'max-age=60', 'mustRevalidate'],
    [40, 'max-age=20', 'tooOldForRequest'],
    [40, 'max-stale', 'stale'],
    [40, 'max-stale=10', 'stale'],
    [40.001, 'max-stale=10', 'tooOldForRequest'],
    [40, 'only-if-cached', 'stale'],
  ]
  testEach(t, cases, { staleWhileRevalidateMs: 10_000 })
  const times = { ...TIMES, freshUntilMs: TIMES.storedAtMs }
  const purged = { times, staleWhileRevalidateMs: 0, directives: requestDirectives({}) }
  t.equal(freshnessOf({ ...purged, nowMs: NOW_MS + 60_000 }), 'stale', 'purged softly')
})

t.test('the floor of a consumer satisfies what it sends by habit', async (t) => {
  const cases: Cases = [
    [5, 'no-cache', 'fresh'],
    [5.001, 'no-cache', 'tooOldForRequest'],
    [5, 'max-age=0', 'fresh'],
    [5, 'min-fresh=60', 'fresh'],
    [0, '', 'fresh'],
    [40, '', 'stale'],
  ]
  testEach(t, cases, { floorSeconds: 5 })
})

t.test('a floor does not make a stale answer fresh', async (t) => {
  const directives = requestDirectives({ 'cache-control': 'no-cache' })
  const nowMs = NOW_MS + 40_000
  t.equal(freshnessOf({ ...QUESTION, directives, nowMs, floorSeconds: 60 }), 'stale')
})

t.test('without a stale window it ends where it is not fresh any more', async (t) => {
  const times = { ...TIMES, staleUntilMs: TIMES.freshUntilMs }
  const directives = requestDirectives({})
  t.equal(freshnessOf({ ...QUESTION, times, directives, nowMs: NOW_MS + 29_999 }), 'fresh')
  t.equal(freshnessOf({ ...QUESTION, times, directives, nowMs: NOW_MS + 30_000 }), 'expired')
})

t.test('age and the time left are whole seconds, and never flatter', async (t) => {
  const cases = [
    [0, 0, 30],
    [999, 0, 29],
    [1000, 1, 29],
    [30_000, 30, 0],
    [30_001, 30, -1],
    [-5000, 0, 35],
  ] as const
  for (const [ms, age, ttl] of cases) {
    t.equal(ageSeconds(TIMES, NOW_MS + ms), age, `age after ${ms}`)
    t.equal(ttlSeconds(TIMES, NOW_MS + ms), ttl, `left after ${ms}`)
  }
})
