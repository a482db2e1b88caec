import t from 'tap'
import type { SimulatorOptions } from '../../src/simulator/index.js'
import { call, simulate } from './call.js'

/** Both clocks in the hand of the test; not at 0, and one minute after midnight GMT. */
function clocks(): { options: SimulatorOptions; pass: (ms: number) => void } {
  let monotonicMs = 120_000
  let wallMs = Date.parse('2026-07-01T00:01:00Z')
  return {
    options: { monotonicNow: () => monotonicMs, wallNow: () => wallMs },
    pass(ms) {
      monotonicMs += ms
      wallMs += ms
    },
  }
}

t.test(
  'too fast is a 400 with code 12, in both formats and before the token is looked at',
  async (t) => {
    const { options, pass } = clocks()
    const simulator = await simulate(t, { ...options, minuteMax: 2 })
    t.equal((await call(simulator, 'me')).status, 200)
    t.equal((await call(simulator, 'me', { token: 'studioadm01' })).status, 200)
    const refused = await call(simulator, 'me')
    t.match(refused, {
      status: 400,
      apiCode: '12',
      json: { status: 'Bad Request', personid: null },
    })
    const xml = await call(simulator, 'me', { headers: { accept: 'application/xml' } })
    t.match(xml.text, '<error><code>12</code>')
    t.match(await call(simulator, 'me', { token: 'nosuchtoken' }), { apiCode: '12' })
    t.equal((await call(simulator, 'quota')).apiCode, '12', 'the quota is in the minute')
    pass(60_000)
    t.equal((await call(simulator, 'me')).status, 200)
  },
)

t.test('all kinds named are enforced at once', async (t) => {
  const { options, pass } = clocks()
  const simulator = await simulate(t, {
    ...options,
    minuteMax: 2,
    minuteKinds: ['fixed', 'sliding'],
    refusedCountsToMinute: false,
  })
  pass(59_000)
  await call(simulator, 'me')
  await call(simulator, 'me')
  pass(1000)
  t.equal((await call(simulator, 'me')).apiCode, '12', 'a new fixed minute, but not a sliding one')
  pass(59_000)
  t.equal((await call(simulator, 'me')).status, 200)
})

t.test('a penalty refuses everything for its time', async (t) => {
  const { options, pass } = clocks()
  const penalty = { minuteMax: 1, minuteWindowMs: 1000, penaltyMs: 90_000 }
  const simulator = await simulate(t, { ...options, ...penalty })
  await call(simulator, 'me')
  t.equal((await call(simulator, 'me')).apiCode, '12')
  pass(89_999)
  t.equal((await call(simulator, 'me')).apiCode, '12')
  pass(1000)
  t.equal((await call(simulator, 'me')).status, 200)
})

t.test('a penalty may be prolonged by what it refuses', async (t) => {
  const { options, pass } = clocks()
  const penalty = { minuteMax: 1, minuteWindowMs: 1000, penaltyMs: 90_000, penaltyProlongs: true }
  const simulator = await simulate(t, { ...options, ...penalty })
  await call(simulator, 'me')
  await call(simulator, 'me')
  pass(80_000)
  t.equal((await call(simulator, 'me')).apiCode, '12')
  pass(80_000)
  t.equal((await call(simulator, 'me')).apiCode, '12')
  pass(90_000)
  t.equal((await call(simulator, 'me')).status, 200)
})

t.test("the day is the account's, ends at midnight GMT and leaves the quota alone", async (t) => {
  const { options, pass } = clocks()
  const simulator = await simulate(t, { ...options, dayMax: 2 })
  await call(simulator, 'me')
  await call(simulator, 'me', { token: 'agencyres01' })
  const refused = await call(simulator, 'me')
  t.match(refused, { status: 400, apiCode: '11' })
  t.equal((await call(simulator, 'me', { token: 'studioadm01' })).status, 200)
  t.equal(simulator.dayUsed('agency'), 2, 'a refused one is not charged')
  t.same((await call(simulator, 'quota')).json['quota'], {
    quota: '2',
    used: '2',
    next_reset: '2026-07-02 00:00:00',
    exceeded: 't',
  })
  pass(86_400_000 - 60_001)
  t.equal((await call(simulator, 'me')).apiCode, '11')
  pass(1)
  t.equal((await call(simulator, 'me')).status, 200)
  t.equal(simulator.dayUsed('agency'), 1)
  t.throws(() => simulator.dayUsed('nobody'), TypeError)
})

t.test('what is refused may be charged to the day, and the quota may be free', async (t) => {
  const { options } = clocks()
  const variants = { minuteMax: 1, refusedCountsToDay: true, quotaCountsToMinute: false }
  const simulator = await simulate(t, { ...options, ...variants })
  await call(simulator, 'me')
  await call(simulator, 'me')
  t.equal(simulator.dayUsed('agency'), 2)
  t.equal((await call(simulator, 'quota')).status, 200)
  t.same(
    simulator.arrivals.map(({ chargedToMinute, chargedToDay }) => [chargedToMinute, chargedToDay]),
    [
      [true, true],
      [true, true],
      [false, false],
    ],
  )
})

t.test('arrivals count before their answers are ready', async (t) => {
  const simulator = await simulate(t, { minuteMax: 2 })
  const hold = simulator.hold()
  const calls = [call(simulator, 'me'), call(simulator, 'me'), call(simulator, 'me')]
  await hold.untilWaiting(3)
  hold.release()
  const statuses = (await Promise.all(calls)).map(({ status }) => status)
  t.same(
    statuses.toSorted((a, b) => a - b),
    [200, 200, 400],
  )
})
