import t from 'tap'
import {
  charge,
  chargedDays,
  createAccountDays,
  dayOf,
  forgetPast,
  fullDay,
  learn,
  maxOf,
  nextMidnight,
  usedOf,
} from '../../src/limits/ledger/day.js'
import type { AccountDays, DayPlan, DayRules, QuotaReading } from '../../src/limits/ledger/day.js'
import { NO_SHARES } from '../../src/limits/index.js'

const rules: DayRules = { skewGuardMs: 5_000, flightGuardMs: 35_000 }
const plan: DayPlan = { max: 100, maxWhileUnknown: 60, shares: NO_SHARES }
const auto: DayPlan = { ...plan, max: 'auto' }
const ONE = { consumer: 'app', calls: 1, isListed: false }
const BACK = { ...ONE, calls: -1 }
const D = '2026-03-10'
const at = (time: string): number => Date.parse(`${time}Z`)

const reading = (settledAtAsk: number, used: number, rest: Partial<QuotaReading> = {}) => ({
  day: D,
  max: 100,
  used,
  settledAtAsk,
  takenAtAsk: settledAtAsk,
  wallMs: at(`${D}T12:00:00`),
  ...rest,
})
const days = (taken: number, doubtful = 0, quota?: QuotaReading): AccountDays => ({
  counts: new Map([[D, { taken, doubtful, spentBy: new Map() }]]),
  quota,
  reserve: 0,
})

t.test('charged days: both, wherever the upstream may count the other one', async (t) => {
  const cases: readonly [string, readonly string[]][] = [
    [`${D}T12:00:00.000`, [D]],
    [`${D}T23:59:19.999`, [D]],
    [`${D}T23:59:20.000`, [D, '2026-03-11']],
    [`${D}T23:59:59.999`, [D, '2026-03-11']],
    [`${D}T00:00:00.000`, ['2026-03-09', D]],
    [`${D}T00:00:04.999`, ['2026-03-09', D]],
    [`${D}T00:00:05.000`, [D]],
    ['2026-12-31T23:59:50', ['2026-12-31', '2027-01-01']],
    ['2028-02-28T23:59:59', ['2028-02-28', '2028-02-29']],
  ]
  for (const [time, expected] of cases) t.same(chargedDays([at(time)], rules), expected, time)
  t.same(
    chargedDays([at(`${D}T23:59:50`), at('2026-03-12T12:00:00')], rules),
    [D, '2026-03-11', '2026-03-12'],
    'two clocks: the days of both',
  )
})

t.test('next midnight', async (t) => {
  t.equal(nextMidnight(at(`${D}T23:59:59.999`)), at('2026-03-11T00:00:00'))
  t.equal(nextMidnight(at(`${D}T00:00:00`)), at('2026-03-11T00:00:00'), 'midnight itself is past')
  t.equal(dayOf(at(`${D}T23:59:59.999`)), D)
})

t.test('used: the most that the upstream can have counted', async (t) => {
  const cases: readonly [string, AccountDays, number][] = [
    ['own count without a reading', days(7), 7],
    ['nothing known', createAccountDays(), 0],
    ['others spent as well', days(7, 0, reading(7, 20)), 20],
    ['taken since the reading', days(9, 0, reading(7, 20)), 22],
    ['what was out at the reading may be counted twice', days(9, 0, reading(5, 20)), 24],
    ['the upstream counts less: own count', days(9, 0, reading(9, 3)), 9],
    ['a reading of another day', days(7, 0, reading(7, 20, { day: '2026-03-09' })), 7],
  ]
  for (const [name, account, expected] of cases) t.equal(usedOf(account, D), expected, name)
})

t.test('given back after the reading: neither below it nor below zero', async (t) => {
  const account = days(10, 0, reading(8, 30, { takenAtAsk: 10 }))
  charge(account, [D], BACK)
  charge(account, [D], BACK)
  t.equal(usedOf(account, D), 30)
  const empty = days(0)
  charge(empty, [D, '2026-03-11'], BACK)
  t.equal(usedOf(empty, D), 0)
})

t.test('max', async (t) => {
  t.equal(maxOf(days(0), auto), 60, 'unknown')
  t.equal(maxOf(days(0, 0, reading(0, 0, { max: 12_000 })), auto), 12_000, 'as read')
  t.equal(maxOf(days(0, 0, reading(0, 0, { max: 12_000 })), plan), 100, 'as configured')
})

t.test('a day is full without room in each day and for the reserve of others', async (t) => {
  const next = '2026-03-11'
  t.equal(fullDay(days(99), [D], plan), undefined)
  t.equal(fullDay(days(100), [D], plan), D)
  t.equal(fullDay(days(100), [next], plan), undefined)
  t.equal(fullDay(days(100), [D, next], plan), D, 'both or not at all')
  t.equal(fullDay({ ...days(90), reserve: 10 }, [D], plan), D)
  t.equal(fullDay({ ...days(89), reserve: 10 }, [D], plan), undefined)
  t.equal(fullDay(days(10, 0, reading(10, 100)), [D], plan), D, 'spent by others')
})

t.test('a charge and its return touch each day once', async (t) => {
  const account = createAccountDays()
  charge(account, [D, '2026-03-11'], ONE)
  charge(account, [D], ONE)
  t.equal(usedOf(account, D), 2)
  t.equal(usedOf(account, '2026-03-11'), 1)
  charge(account, [D], BACK)
  t.same(account.counts.get(D)?.spentBy, new Map([['app', 1]]))
  t.equal(usedOf(account, D), 1)
})

t.test('past days are forgotten once nobody can charge them', async (t) => {
  const account = createAccountDays()
  charge(account, ['2026-03-08', '2026-03-09', D], ONE)
  account.quota = reading(1, 1, { day: '2026-03-09' })
  t.same(
    forgetPast(account, [at(`${D}T00:00:39`)], rules),
    ['2026-03-08'],
    'yesterday may count yet',
  )
  t.ok(account.quota)
  t.same(
    forgetPast(account, [at(`${D}T00:00:41`), at('2026-03-09T23:00:00')], rules),
    [],
    'another clock says yesterday',
  )
  t.same(forgetPast(account, [at(`${D}T00:00:41`)], rules), ['2026-03-09'])
  t.equal(account.quota, undefined)
  t.same([...account.counts.keys()], [D])
})

t.test('days far ahead, which only a wrong clock can have charged, are forgotten', async (t) => {
  const account = createAccountDays()
  charge(account, [D, '2026-03-11', '2031-01-01'], ONE)
  const now = at(`${D}T12:00:00`)
  t.same(
    forgetPast(account, [now, at('2030-12-31T12:00:00')], rules),
    [],
    'that clock may be right',
  )
  t.same(forgetPast(account, [now], rules), ['2031-01-01'])
  t.same([...account.counts.keys()], [D, '2026-03-11'])
})

t.test('learn: only what a crash left open is explained away', async (t) => {
  const cases: readonly [string, AccountDays, QuotaReading, boolean, [number, number]][] = [
    // taken and doubtful afterwards
    ['no doubt: the count stays', days(10), reading(10, 4), true, [10, 0]],
    ['doubt, and the upstream has fewer', days(10, 3), reading(10, 8), true, [8, 0]],
    ['never more than the doubtful', days(10, 3), reading(10, 2), true, [7, 0]],
    ['the upstream has all of them', days(10, 3), reading(10, 10), true, [10, 0]],
    ['others hide it', days(10, 3), reading(10, 50), true, [10, 0]],
    ['they may still be counted', days(10, 3), reading(10, 8), false, [10, 3]],
    [
      'what is out is no proof, the doubt stays',
      days(10, 3),
      reading(8, 8, { takenAtAsk: 10 }),
      true,
      [10, 3],
    ],
    ['what is out hides some', days(10, 3), reading(9, 8, { takenAtAsk: 10 }), true, [9, 2]],
  ]
  for (const [name, account, answer, isOver, expected] of cases) {
    learn(account, answer, isOver)
    const { taken, doubtful } = account.counts.get(D) ?? { taken: -1, doubtful: -1 }
    t.same([taken, doubtful], expected, name)
    t.ok(usedOf(account, D) >= answer.used, `${name}: never below the reading`)
  }
})

t.test('reserve: twice what others spent between two readings, bounded', async (t) => {
  const cases: readonly [string, QuotaReading, QuotaReading, number][] = [
    ['others spent nothing', reading(5, 5), reading(9, 9), 0],
    ['others spent 3', reading(5, 5), reading(9, 12), 6],
    ['a tenth of the day at most', reading(5, 5), reading(9, 60), 10],
    ['fewer than we thought', reading(5, 5), reading(9, 6), 0],
    ['another day', reading(5, 50, { day: '2026-03-09' }), reading(1, 9), 0],
    ['ours that were out are not others', reading(3, 3, { takenAtAsk: 5 }), reading(5, 5), 0],
  ]
  for (const [name, first, second, expected] of cases) {
    const account = days(0)
    learn(account, first, true)
    t.equal(account.reserve, 0)
    learn(account, second, true)
    t.equal(account.reserve, expected, name)
  }
})
