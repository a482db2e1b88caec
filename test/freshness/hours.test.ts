import fc from 'fast-check'
import t from 'tap'
import {
  evenHours,
  HOUR_MS,
  sumBetween,
  weightedSeconds,
  weightsOf,
} from '../../src/freshness/hours.js'

const hours = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
  minLength: 24,
  maxLength: 24,
})

void t.test('weights are even without writes, higher where writes were, and bounded', async (t) => {
  t.same(weightsOf(evenHours(0)), evenHours(1))
  const writes = evenHours(0)
  writes[10] = 10
  const weights = weightsOf(writes)
  t.ok((weights[10] ?? 0) > (weights[9] ?? 0) && (weights[9] ?? 0) > (weights[3] ?? 0))
  fc.assert(fc.property(hours, (any) => weightsOf(any).every((one) => one >= 0.1 && one <= 5)))
})

void t.test(
  'weighted seconds add up over any split, and are 0 when the clock was set back',
  async (t) => {
    const weights = weightsOf(evenHours(0).map((_, hour) => hour * 3))
    const moment = fc.integer({ min: 0, max: 10 * 24 * HOUR_MS })
    fc.assert(
      fc.property(moment, moment, moment, (a, b, c) => {
        const [from, middle, to] = [a, b, c].toSorted((x, y) => x - y) as [number, number, number]
        const parts = weightedSeconds(weights, from, middle) + weightedSeconds(weights, middle, to)
        return Math.abs(parts - weightedSeconds(weights, from, to)) < 1e-3
      }),
    )
    t.equal(weightedSeconds(weights, 1_000, 0), 0)
    t.equal(weightedSeconds(weights, 0, Number.NaN), 0)
    t.equal(weightedSeconds(evenHours(1), 0, 90_000), 90)
    t.ok(Number.isFinite(weightedSeconds(weights, 0, Infinity)), 'a clock far ahead has a bound')
  },
)

void t.test('an hour counts by the part of it', async (t) => {
  const hours = evenHours(60)
  t.equal(sumBetween(hours, 0.5 * HOUR_MS, 2 * HOUR_MS), 90)
  t.equal(sumBetween(hours, 23.5 * HOUR_MS, 24 * HOUR_MS), 30)
  t.equal(sumBetween(hours, 5, 5), 0)
})
