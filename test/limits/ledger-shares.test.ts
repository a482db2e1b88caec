import t from 'tap'
import { createMemoryJournal } from '../../src/limits/index.js'
import type { DayShares, Ledger, Priority } from '../../src/limits/index.js'
import { testClock } from './clock.js'
import { ledgerWith } from './setup.js'
import type { Limits } from './setup.js'

const HOUR_MS = 3_600_000
const MORNING = Date.parse('2026-03-10T08:00:00Z')

const sharesOf =
  (consumers: Readonly<Record<string, number>>, rest: Partial<DayShares> = {}) =>
  (): DayShares => ({
    keepForWrites: 0,
    keepForInteractive: 0,
    lendOverMs: 6 * HOUR_MS,
    ...rest,
    consumers: new Map(Object.entries(consumers)),
  })

function ledgerAt(wallMs: number, limits: Limits) {
  const clock = testClock(wallMs)
  const start = (more: Limits = {}): Ledger => {
    const ledger = ledgerWith(clock, { max: 100_000, ...limits, ...more })
    // The time is known to be right, so a restart need not ask for anything.
    ledger.observeDate(clock.wallMs(), clock.monotonicMs())
    return ledger
  }
  return { clock, start }
}

/** Takes as many as it gets, each answered at once; the decision that ended it, or how many came. */
async function spend(
  ledger: Ledger,
  consumer: string,
  options: { count?: number; priority?: Priority; account?: string } = {},
) {
  const { count = 1_000, priority = 'interactive', account = 'a' } = options
  for (let got = 0; got < count; got++) {
    const decision = await ledger.take({ account, consumer, priority, chargesDay: true })
    if (decision.kind !== 'permitted') return { got, decision }
    ledger.settle(decision.permit, 'answered')
  }
  return { got: count, decision: undefined }
}

t.test('others cannot eat a share, in whatever class they ask; its owner can', async (t) => {
  const { start } = ledgerAt(MORNING, { dayMax: 100, sharesOf: sharesOf({ app: 0.2 }) })
  const ledger = start()
  for (const priority of ['background', 'interactive', 'write'] as const) {
    const { decision } = await spend(ledger, 'greedy', { priority })
    t.equal(decision?.kind, 'day-kept')
  }
  t.match(ledger.usage().days, [{ used: 80 }])
  t.match(await spend(ledger, 'app', { priority: 'background' }), {
    got: 20,
    decision: { kind: 'day-spent' },
  })
  t.match(ledger.usage().days, [{ used: 100 }])
})

t.test('the time of a refusal is true to the second', async (t) => {
  const { clock, start } = ledgerAt(MORNING, { dayMax: 100, sharesOf: sharesOf({ app: 0.2 }) })
  const ledger = start()
  for (let round = 0; round < 20; round++) {
    const { decision } = await spend(ledger, 'greedy')
    if (decision?.kind !== 'day-kept') throw new Error(`round ${round}: ${decision?.kind}`)
    clock.advance(decision.untilMs - clock.monotonicMs() - 1_000)
    t.equal((await spend(ledger, 'greedy')).got, 0, 'a second before')
    clock.advance(1_000)
    t.equal((await spend(ledger, 'greedy', { count: 1 })).got, 1, 'then')
  }
  t.match(ledger.usage().days, [{ used: 100 }], 'in the end everything was lent')
  t.equal(new Date(clock.wallMs()).toISOString().slice(0, 10), '2026-03-10', 'on the same day')
})

t.test('the whole day for one consumer, if the others are idle until its end', async (t) => {
  const { clock, start } = ledgerAt(MORNING, {
    dayMax: 100,
    sharesOf: sharesOf({ app: 0.2, idle: 0.5 }, { keepForWrites: 0.1 }),
  })
  const ledger = start()
  const first = await spend(ledger, 'app')
  t.equal(first.got, 40, 'all but what is kept for the other and for writes')
  let got = first.got
  while (clock.wallMs() < Date.parse('2026-03-10T23:59:00Z')) {
    clock.advance(60_000)
    got += (await spend(ledger, 'app')).got
  }
  t.equal(got, 100)
})

t.test('what was given back unsent is in its share again', async (t) => {
  const { start } = ledgerAt(MORNING, { dayMax: 10, sharesOf: sharesOf({ app: 0.2 }) })
  const ledger = start()
  const ask = { account: 'a', consumer: 'app', chargesDay: true }
  for (let i = 0; i < 50; i++) {
    const decision = await ledger.take(ask)
    if (decision.kind !== 'permitted') throw new Error(decision.kind)
    ledger.settle(decision.permit, 'unsent')
  }
  t.equal((await spend(ledger, 'greedy')).got, 8)
  t.equal((await spend(ledger, 'app')).got, 2)
})

t.test('around midnight both days have to let it: then each has its own count', async (t) => {
  const { clock, start } = ledgerAt(Date.parse('2026-03-10T23:59:50Z'), {
    dayMax: 100,
    sharesOf: sharesOf({ app: 0.2 }),
  })
  const ledger = start()
  const kinds: string[] = []
  // Nobody is answered yet, so both days are charged.
  for (let i = 0; i < 100; i++) {
    const ask = { account: 'a', consumer: 'greedy', chargesDay: true }
    kinds.push((await ledger.take(ask)).kind)
  }
  t.equal(kinds.filter((kind) => kind === 'permitted').length, 80, 'tomorrow’s share is kept')
  t.equal(kinds.at(-1), 'day-kept')
  t.equal(
    (await ledger.take({ account: 'a', consumer: 'app', chargesDay: true })).kind,
    'permitted',
  )
  t.match(ledger.shares('a')?.day, '2026-03-10')
  clock.advance(60_000)
  t.match(ledger.shares('a'), {
    day: '2026-03-11',
    spent: new Map([
      ['greedy', 80],
      ['app', 1],
    ]),
    listed: [{ consumer: 'app', promised: 20, kept: 19 }],
  })
})

t.test('shares survive a restart, and one that nobody remembers gives no more away', async (t) => {
  const journal = createMemoryJournal()
  const counted: { account: string; day: string; consumer: string; calls: number }[] = []
  const { start } = ledgerAt(MORNING, {
    dayMax: 100,
    sharesOf: sharesOf({ app: 0.2 }),
    journal,
    onSpent: ({ account, consumer, days }, calls) =>
      counted.push({ account, consumer, day: days[0] ?? '', calls }),
  })
  await spend(start(), 'app', { count: 15 })
  await spend(start({ earlier: counted }), 'greedy', { count: 10 })
  t.equal((await spend(start({ earlier: counted }), 'greedy')).got, 70, 'all but five')
  t.equal((await spend(start({ earlier: counted }), 'app')).got, 5)

  const forgetful = createMemoryJournal()
  await spend(start({ journal: forgetful }), 'app', { count: 15 })
  const next = start({ journal: forgetful })
  t.equal((await spend(next, 'greedy')).got, 65, 'more is kept for it than it has a right to')
  t.equal((await spend(next, 'app')).got, 20)
  t.match(next.usage().days, [{ used: 100 }], 'but never more than the day')
})

t.test('a plan for each account; one whose day is spent blocks no other', async (t) => {
  const plans: Record<string, number | 'auto'> = { a: 10, b: 20, c: 'auto' }
  const { start } = ledgerAt(MORNING, { maxOf: (account) => plans[account] ?? 5 })
  const ledger = start()
  const asked: string[] = []
  ledger.onQuotaWanted((account) => asked.push(account))
  t.match(await spend(ledger, 'x', { account: 'a' }), { got: 10, decision: { kind: 'day-spent' } })
  t.match(await spend(ledger, 'x', { account: 'b' }), { got: 20, decision: { kind: 'day-spent' } })
  t.match(await spend(ledger, 'x', { account: 'd' }), { got: 5 })
  t.same(asked, [], 'a plan that is known is not asked for')
  t.match(await spend(ledger, 'x', { account: 'c' }), { got: 0, decision: { kind: 'ask-quota' } })
  t.same(asked, ['c'])
  ledger.quotaAnswer(ledger.quotaQuestion('c'), { max: 30, used: 3 })
  t.match(await spend(ledger, 'x', { account: 'c' }), { got: 27 })
  plans['a'] = 12
  t.match(await spend(ledger, 'x', { account: 'a' }), { got: 2 }, 'a reload gives it more')
})

t.test('a reload that gives a share finds what its owner has spent already', async (t) => {
  const shares: Record<string, number> = {}
  const { start } = ledgerAt(MORNING, { dayMax: 100, sharesOf: () => sharesOf(shares)() })
  const ledger = start()
  await spend(ledger, 'app', { count: 15 })
  shares['app'] = 0.2
  t.equal((await spend(ledger, 'greedy')).got, 80)
  t.equal((await spend(ledger, 'app')).got, 5)
})

t.test('a thousand names do not crowd out the one with a share', async (t) => {
  const { start } = ledgerAt(MORNING, { dayMax: 5_000, sharesOf: sharesOf({ app: 0.2 }) })
  const ledger = start()
  for (let i = 0; i < 1_500; i++) await spend(ledger, `c${i}`, { count: 1 })
  await spend(ledger, 'app', { count: 10 })
  const spent = ledger.shares('a')?.spent
  t.equal(spent?.get('app'), 10)
  t.equal(spent?.get('(others)'), 500)
  t.equal(spent?.size, 1_002)
})
