import fc from 'fast-check'
import t from 'tap'
import { newChangeRate, observed } from '../../src/freshness/change-rate.js'
import type { ChangeRate } from '../../src/freshness/change-rate.js'
import { expectedStaleSeconds, longestTtlMs, ttlInUseMs } from '../../src/freshness/ttl-in-use.js'
import type { PacedPolicy, TtlQuestion } from '../../src/freshness/ttl-in-use.js'

const POLICY: PacedPolicy = { ttlMs: 600_000, staleMs: 3_600_000 }

function rateOf(changes: number, seconds: number, looks = 20): ChangeRate {
  return { changes, seconds, looks, changedLooks: Math.min(looks / 2, changes), decayedAtMs: 0 }
}

const ttl = (question: Partial<TtlQuestion>): number =>
  ttlInUseMs({
    mode: 'paced',
    policy: POLICY,
    rate: newChangeRate(600, 0),
    weight: 1,
    price: 1,
    isShort: false,
    ...question,
  })

void t.test('while the day lasts, paced keeps no entry past its ttl', async (t) => {
  t.equal(ttl({}), 600_000, 'nothing is known: the ttl as documented')
  t.equal(ttl({ rate: rateOf(1, 1e7), price: 50 }), 600_000, 'rarely changed: the ttl')
  t.equal(ttl({ rate: rateOf(10, 10_000), price: 1 }), 60_000, 'a tenth of the ttl at the least')
  // sqrt(2 p / D) with p = 10 s and D = 1/1000 s.
  t.equal(ttl({ rate: rateOf(10, 10_000), price: 10 }), 141_421)
  t.equal(ttl({ rate: rateOf(10, 10_000), price: 10, weight: 4 }), 70_711, 'less in a busy hour')
  const short: PacedPolicy = { ttlMs: 30_000, staleMs: 300_000 }
  t.equal(ttl({ policy: short, rate: rateOf(10, 100) }), 5_000, 'never below 5 s')
})

void t.test(
  'when the day would not last, answers that rarely change are kept longer',
  async (t) => {
    t.equal(ttl({ isShort: true, rate: rateOf(1, 1e7), price: 10 }), 14_142_136)
    t.equal(ttl({ isShort: true, rate: rateOf(1, 1e8), price: 1e5 }), 4 * 4_200_000, 'the bound')
    t.equal(ttl({ isShort: true, rate: rateOf(10, 10_000), price: 10 }), 141_421)
  },
)

void t.test('saving keeps them longer all day', async (t) => {
  t.equal(ttl({ mode: 'saving', rate: rateOf(1, 1e7), price: 10 }), 14_142_136)
})

void t.test("an operator's ttl is extended only where maxAge allows it", async (t) => {
  const own = { ...POLICY, isOperatorTtl: true }
  const rate = rateOf(1, 1e8)
  t.equal(ttl({ policy: own, isShort: true, rate, price: 1e5 }), 600_000)
  t.equal(ttl({ policy: { ...own, maxAgeMs: 900_000 }, isShort: true, rate, price: 1e5 }), 900_000)
  t.equal(
    ttl({ policy: { ...POLICY, maxAgeMs: 900_000 }, isShort: true, rate, price: 1e5 }),
    900_000,
  )
})

void t.test('a volatile body keeps its ttl, and what is never cached stays so', async (t) => {
  const rate = { changes: 50, seconds: 30_000, looks: 50, changedLooks: 50, decayedAtMs: 0 }
  for (const isShort of [false, true]) {
    t.equal(ttl({ rate, isShort, price: 100 }), 600_000)
    t.equal(ttl({ policy: { ttlMs: 0, staleMs: 0 }, isShort, price: 100 }), 0)
  }
})

void t.test('within its bounds for any rate, weight and price', async () => {
  const question = fc.record({
    policy: fc.record({
      ttlMs: fc.integer({ min: 1, max: 86_400_000 }),
      staleMs: fc.integer({ min: 0, max: 86_400_000 }),
      isOperatorTtl: fc.boolean(),
    }),
    looks: fc.array(
      fc.record({ seconds: fc.integer({ min: 1, max: 1e6 }), isChanged: fc.boolean() }),
    ),
    mode: fc.constantFrom('paced' as const, 'saving' as const),
    isShort: fc.boolean(),
    weight: fc.double({ min: 0.1, max: 5, noNaN: true }),
    price: fc.double({ min: 1, max: 1e5, noNaN: true }),
  })
  fc.assert(
    fc.property(question, ({ looks, ...asked }) => {
      const { policy, mode, isShort } = asked
      const ttlSeconds = policy.ttlMs / 1_000
      const rate = looks.reduce(
        (rate, look) => observed(rate, look, { ttlSeconds, nowMs: 0 }),
        newChangeRate(ttlSeconds, 0),
      )
      const inUseMs = ttlInUseMs({ ...asked, rate })
      const longestMs = mode === 'paced' && !isShort ? policy.ttlMs : longestTtlMs(mode, policy)
      return inUseMs <= longestMs && inUseMs >= Math.min(policy.ttlMs, 5_000)
    }),
  )
})

void t.test('the expected staleness grows from 0 towards the age, without jumps', async (t) => {
  const rate = rateOf(10, 10_000)
  t.equal(expectedStaleSeconds(rate, 1, 0), 0)
  t.ok(Math.abs(expectedStaleSeconds(rate, 1, 100) - 4.84) < 0.01)
  let before = 0
  for (let age = 0; age <= 10_000; age += 0.01 + age / 100) {
    const now = expectedStaleSeconds(rate, 1, age)
    t.ok(now >= before - 1e-9 && now <= age, `at ${age} s`)
    before = now
  }
})
