import fc from 'fast-check'
import t from 'tap'
import {
  hasChanged,
  isVolatile,
  newChangeRate,
  observed,
  perSecond,
} from '../../src/freshness/change-rate.js'

const TTL = { ttlSeconds: 600 }
const HOUR_MS = 3_600_000

/** Looks at equal distances; `changes(n)`: whether the n-th finds a change. */
function afterLooks(count: number, seconds: number, changes: (n: number) => boolean) {
  let rate = newChangeRate(TTL.ttlSeconds, 0)
  for (let n = 1; n <= count; n++) {
    rate = observed(rate, { seconds, isChanged: changes(n) }, { ...TTL, nowMs: 0 })
  }
  return rate
}

void t.test('without a look, one change in a hundred times the ttl is assumed', async (t) => {
  t.equal(perSecond(newChangeRate(600, 0)).toFixed(10), (0.01 / 600).toFixed(10))
  t.notOk(hasChanged(newChangeRate(600, 0)))
})

void t.test('the estimate approaches the true rate', async (t) => {
  // Changes at a rate of 1/1000 s, watched every 300 s: a look finds one with 1 - exp(-0.3).
  const share = 1 - Math.exp(-0.3)
  const isChanged = (n: number): boolean => Math.floor(n * share) !== Math.floor((n - 1) * share)
  const rate = perSecond(afterLooks(2_000, 300, isChanged))
  t.ok(Math.abs(rate / 0.001 - 1) < 0.1, `${rate}`)
})

void t.test('unchanged looks lower the rate, changed looks raise it', async (t) => {
  const before = perSecond(newChangeRate(600, 0))
  t.ok(perSecond(afterLooks(20, 600, () => false)) < before)
  t.ok(perSecond(afterLooks(20, 600, () => true)) > before)
})

void t.test('looks within a second say nothing', async (t) => {
  t.same(
    afterLooks(5, 0.5, () => true),
    newChangeRate(600, 0),
  )
})

void t.test('what was learnt fades with a half-life of a day', async (t) => {
  const rate = afterLooks(8, 600, () => true)
  const later = observed(rate, { seconds: 600, isChanged: false }, { ...TTL, nowMs: 24 * HOUR_MS })
  t.equal(later.changedLooks, rate.changedLooks / 2)
  const old = observed(rate, { seconds: 1, isChanged: false }, { ...TTL, nowMs: 1_000 * HOUR_MS })
  t.ok(Math.abs(perSecond(old) / perSecond(newChangeRate(600, 0)) - 1) < 0.01)
  t.notOk(hasChanged(old), 'a change of weeks ago counts no longer')
})

void t.test('a body that differs at nearly every look is volatile', async (t) => {
  t.ok(isVolatile(afterLooks(30, 600, () => true)))
  t.notOk(isVolatile(afterLooks(30, 600, (n) => n % 2 === 0)))
  t.notOk(isVolatile(afterLooks(3, 600, () => true)), 'three looks do not show it')
})

void t.test('finite and bounded for any looks, clock steps and ttls', async () => {
  const number = fc.double({ noNaN: false })
  const look = fc.record({
    seconds: number,
    isChanged: fc.boolean(),
    nowMs: fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
  })
  fc.assert(
    fc.property(
      fc.array(look, { maxLength: 60 }),
      fc.double({ min: 0, max: 4e7, noNaN: true }),
      (looks, ttlSeconds) => {
        let rate = newChangeRate(ttlSeconds, 0)
        for (const { seconds, isChanged, nowMs } of looks) {
          rate = observed(
            rate,
            { seconds: Math.min(seconds, 1e7), isChanged },
            { ttlSeconds, nowMs },
          )
        }
        const value = perSecond(rate)
        return value >= 1e-8 && value <= 1
      },
    ),
  )
})
