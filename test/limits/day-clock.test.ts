import t from 'tap'
import { DayClock } from '../../src/limits/ledger/day-clock.js'
import type { ClockRecord } from '../../src/limits/ledger/day-clock.js'
import { testClock } from './clock.js'
import type { TestClock } from './clock.js'

const START = Date.parse('2026-03-10T12:00:00.400Z')

function setUp(clock: TestClock = testClock(START), restored?: ClockRecord) {
  const records: ClockRecord[] = []
  const dayClock = new DayClock({ clock, restored, onSet: (record) => records.push(record) })
  /** An answer from an upstream whose clock is ahead of true time; `clock` is true. */
  const answer = (aheadMs: number, trueMs: number, rttMs = 0): void => {
    const sentMs = clock.monotonicMs()
    const dateMs = Math.floor((trueMs + rttMs / 2 + aheadMs) / 1_000) * 1_000
    clock.advance(rttMs)
    dayClock.observe(dateMs, sentMs)
  }
  return { clock, dayClock, records, answer }
}

t.test('without a Date: the wall clock, kept from the start', async (t) => {
  const { clock, dayClock, records } = setUp()
  t.equal(dayClock.now(), START)
  t.same(dayClock.readings(), [START])
  t.equal(dayClock.skewMs(), undefined)
  t.equal(records.length, 1)
  t.match(records[0], { isSet: false, bootId: 'boot-1' })
  clock.advance(5_000)
  t.equal(dayClock.now(), START + 5_000)
})

t.test('a step of the wall clock moves nothing, and is known', async (t) => {
  for (const ms of [3_600_000, -3_600_000]) {
    const { clock, dayClock } = setUp()
    clock.stepWall(ms)
    t.equal(dayClock.now(), START)
    t.same(dayClock.readings(), [START, START + ms], 'both may be right')
  }
  const { clock, dayClock } = setUp()
  clock.stepWall(4_999)
  t.same(dayClock.readings(), [START], 'a small one is none')
})

t.test(
  'a suspended machine: the monotonic clock stood still, the wall clock did not',
  async (t) => {
    const { clock, dayClock, answer } = setUp()
    answer(0, clock.wallMs())
    clock.stepWall(8 * 3_600_000)
    t.equal(dayClock.readings().length, 2)
    answer(0, clock.wallMs())
    t.same(dayClock.readings().length, 1, 'the next Date decides')
    t.ok(Math.abs(dayClock.now() - clock.wallMs()) <= 1_000)
  },
)

t.test('Dates are intersected: the error shrinks below half a second', async (t) => {
  const { clock, dayClock, records, answer } = setUp()
  for (let i = 0; i < 40; i++) {
    answer(2_600, clock.wallMs(), 30)
    clock.advance(1_037)
    t.ok(Math.abs(dayClock.now() - (clock.wallMs() + 2_600)) <= 550, `after ${i + 1}`)
  }
  t.ok(Math.abs(dayClock.now() - (clock.wallMs() + 2_600)) < 60)
  t.ok(Math.abs((dayClock.skewMs() ?? 0) - 2_600) < 60)
  t.ok(records.length <= 3, 'and is not written each time')
  t.match(records.at(-1), { isSet: true })
})

t.test('the clock of the upstream is set: a Date that disagrees starts anew', async (t) => {
  const { clock, dayClock, answer } = setUp()
  answer(0, clock.wallMs())
  clock.advance(60_000)
  answer(30_000, clock.wallMs())
  t.ok(Math.abs(dayClock.now() - (clock.wallMs() + 30_000)) <= 500)
})

t.test('a wild Date is one more reading until a second answer says the same', async (t) => {
  const years = 5 * 365 * 86_400_000
  for (const ms of [years, -years]) {
    const { clock, dayClock, answer } = setUp()
    answer(0, clock.wallMs())
    clock.advance(5_000)
    answer(ms, clock.wallMs())
    t.ok(Math.abs(dayClock.now() - clock.wallMs()) <= 1_000, 'not believed against both clocks')
    const [likely, claimed = 0] = dayClock.readings()
    t.equal(dayClock.readings().length, 2)
    t.ok(Math.abs(claimed - likely - ms) <= 1_000, 'but charged')

    clock.advance(5_000)
    answer(0, clock.wallMs())
    t.equal(dayClock.readings().length, 1, 'a Date as before ends the doubt')

    answer(ms, clock.wallMs())
    clock.advance(5_000)
    answer(2 * ms, clock.wallMs())
    t.ok(Math.abs(dayClock.now() - clock.wallMs()) <= 1_000, 'two that disagree prove nothing')
    clock.advance(5_000)
    answer(2 * ms, clock.wallMs())
    const movedMs = ms > 0 ? 86_400_000 : 2 * ms
    t.ok(
      Math.abs(dayClock.now() - (clock.wallMs() + movedMs)) <= 1_000,
      'two that agree do, by one day forward at most',
    )
  }
})

t.test('a time that is days ahead is reached day by day, two answers each', async (t) => {
  const { clock, dayClock, answer } = setUp()
  answer(0, clock.wallMs())
  for (let day = 1; day <= 3; day++) {
    for (let n = 0; n < 2; n++) {
      clock.advance(5_000)
      answer(3 * 86_400_000, clock.wallMs())
    }
    t.ok(Math.abs(dayClock.now() - (clock.wallMs() + day * 86_400_000)) <= 1_000, `day ${day}`)
  }
})

t.test('a slow drift of our clock is followed', async (t) => {
  const { clock, dayClock, answer } = setUp()
  for (let i = 0; i < 500; i++) {
    // 500 ppm for an hour at a time: 1.8 s
    answer(i * 1_800, clock.wallMs(), 200)
    clock.advance(3_600_000)
    const error = dayClock.now() - (clock.wallMs() + i * 1_800)
    if (Math.abs(error) > 1_800) t.fail(`${error} ms off after ${i} hours`)
  }
  t.pass('500 hours')
})

t.test('no Date, or one that makes no sense, changes nothing', async (t) => {
  const { clock, dayClock } = setUp()
  dayClock.observe(Number.NaN, clock.monotonicMs())
  dayClock.observe(Infinity, clock.monotonicMs())
  dayClock.observe(START, clock.monotonicMs() + 10_000)
  t.equal(dayClock.now(), START)
  t.equal(dayClock.skewMs(), undefined)
})

t.test('a restart in the same boot goes on, whatever the wall clock says by now', async (t) => {
  const { clock, dayClock, records, answer } = setUp()
  answer(2_000, clock.wallMs())
  const before = dayClock.now()
  clock.stepWall(-86_400_000)
  clock.advance(10_000)
  const again = setUp(clock, records.at(-1))
  t.equal(again.dayClock.now(), before + 10_000)
  t.equal(again.dayClock.readings().length, 2, 'the step is noticed')
  t.same(again.records, [], 'nothing to write')
  t.not(again.dayClock.skewMs(), undefined)
})

t.test('after another boot, or where boots are unknown, the wall clock starts again', async (t) => {
  const { clock, records, answer } = setUp()
  answer(20_000, clock.wallMs())
  const restored = records.at(-1)
  clock.reboot('boot-2')
  const again = setUp(clock, restored)
  t.equal(again.dayClock.now(), clock.wallMs())
  t.match(again.records, [{ isSet: false, bootId: 'boot-2' }])

  const nameless = testClock(START)
  nameless.bootId = null
  const first = setUp(nameless)
  first.answer(20_000, START)
  const second = setUp(nameless, first.records.at(-1))
  t.equal(second.dayClock.now(), nameless.wallMs(), 'null is no boot')
})
