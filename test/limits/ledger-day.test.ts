import t from 'tap'
import { createMemoryJournal } from '../../src/limits/index.js'
import { testClock } from './clock.js'
import { dayUsed, HOLD_MS, kindOf, ledgerWith, LOST_MARGIN_MS, ofAccount, take } from './setup.js'

const MIDNIGHT = Date.parse('2026-03-11T00:00:00Z')

t.test('the spent day of one account blocks no other, and /quota/ goes through', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { max: 50, dayMax: 2 })
  for (let i = 0; i < 2; i++) ledger.settle(await take(ledger), 'answered')
  const decision = await ledger.take(ofAccount())
  t.equal(decision.kind, 'day-spent')
  const leftMs = MIDNIGHT + 5_000 - clock.wallMs()
  t.match(decision, { untilMs: clock.monotonicMs() + leftMs })
  t.equal(await kindOf(ledger, 'b'), 'permitted')
  t.equal(await kindOf(ledger, 'a', false), 'permitted')
  clock.advance(leftMs - 1)
  t.equal(await kindOf(ledger), 'day-spent')
  clock.advance(1)
  t.equal(await kindOf(ledger), 'permitted', 'and then it is true')
})

t.test('around midnight one request is charged to both days', async (t) => {
  const clock = testClock(MIDNIGHT - 20_000)
  const ledger = ledgerWith(clock, { max: 50 })
  const permit = await take(ledger)
  t.same(permit.days, ['2026-03-10', '2026-03-11'])
  ledger.settle(permit, 'answered')
  t.equal(dayUsed(ledger), 1)
  clock.advance(60_000)
  t.equal(dayUsed(ledger), 0, 'the answer came before midnight: the new day got it back')
  clock.advance(-45_000)
  const late = await take(ledger)
  clock.advance(10_000)
  ledger.settle(late, 'answered')
  clock.advance(40_000)
  t.equal(dayUsed(ledger), 1, 'one that may have been counted after it stays')
})

t.test('the first request waits for /quota/, ten seconds at most', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { dayMax: 'auto' })
  const wanted: string[] = []
  ledger.onQuotaWanted((account) => wanted.push(account))
  const untilMs = clock.monotonicMs() + 10_000
  t.same(await ledger.take(ofAccount()), { kind: 'ask-quota', untilMs })
  clock.advance(9_999)
  t.same(await ledger.take(ofAccount()), { kind: 'ask-quota', untilMs }, 'not prolonged')
  t.equal(await kindOf(ledger, 'a', false), 'permitted', 'the question itself')
  t.same(new Set(wanted), new Set(['a']))
  clock.advance(1)
  t.equal(await kindOf(ledger), 'permitted')
  t.match(ledger.usage().days, [{ max: 50 }], 'with what is assumed')
})

t.test('the answer opens at once, a failed question as well', async (t) => {
  const answered = ledgerWith(testClock(), { dayMax: 'auto' })
  await answered.take(ofAccount())
  answered.quotaAnswer(answered.quotaQuestion('a'), { max: 12_000, used: 11_999 })
  t.equal(await kindOf(answered), 'permitted')
  t.equal(await kindOf(answered), 'day-spent', 'others had spent the rest')
  t.match(answered.usage().days, [{ max: 12_000, used: 12_000, isUnknown: false }])

  const failed = ledgerWith(testClock(), { dayMax: 'auto' })
  await failed.take(ofAccount())
  failed.quotaAnswer(failed.quotaQuestion('a'), undefined)
  t.equal(await kindOf(failed), 'permitted')
})

t.test('an answer of yesterday says nothing about today', async (t) => {
  const clock = testClock(MIDNIGHT - 100)
  const ledger = ledgerWith(clock, { dayMax: 'auto' })
  await ledger.take(ofAccount())
  const question = ledger.quotaQuestion('a')
  clock.advance(200)
  ledger.quotaAnswer(question, { max: 12_000, used: 12_000 })
  t.equal(dayUsed(ledger), 0)
})

t.test('a vague count at the limit is asked once, not again and again', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const crashed = ledgerWith(clock, { dayMax: 3, journal })
  for (let i = 0; i < 3; i++) await take(crashed)
  const ledger = ledgerWith(clock, { dayMax: 3, journal })
  let wanted = 0
  ledger.onQuotaWanted(() => wanted++)
  const ask = () => ledger.take(ofAccount())
  // Nothing was set by a Date, so the day is asked first; then nobody answers.
  ledger.quotaAnswer(ledger.quotaQuestion('a'), undefined)
  t.equal((await ask()).kind, 'day-spent', 'quiet after a failed question')
  clock.advance(LOST_MARGIN_MS + 60_000)
  t.equal((await ask()).kind, 'ask-quota')
  t.equal((await ask()).kind, 'ask-quota')
  wanted = 0
  ledger.quotaAnswer(ledger.quotaQuestion('a'), { max: 3, used: 3 })
  for (let i = 0; i < 100; i++) {
    clock.advance(1_000)
    t.equal((await ask()).kind, 'day-spent')
  }
  t.equal(wanted, 0)
})

t.test('what the crash left open and the upstream never saw is given back', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const crashed = ledgerWith(clock, { dayMax: 3, journal })
  for (let i = 0; i < 3; i++) await take(crashed)
  const ledger = ledgerWith(clock, { dayMax: 3, journal })
  clock.advance(HOLD_MS + LOST_MARGIN_MS)
  ledger.quotaAnswer(ledger.quotaQuestion('a'), { max: 3, used: 1 })
  t.equal(dayUsed(ledger), 1)
  t.equal(await kindOf(ledger), 'permitted')
  t.equal(await kindOf(ledger), 'permitted')
  t.equal(await kindOf(ledger), 'day-spent')
})

t.test('what other programs spent is known again after a restart', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const limits = { max: 100, dayMax: 'auto', journal } as const
  const first = ledgerWith(clock, limits)
  first.observeDate(Math.floor(clock.wallMs() / 1_000) * 1_000, clock.monotonicMs())
  first.quotaAnswer(first.quotaQuestion('a'), { max: 50, used: 48 })
  first.settle(await take(first), 'answered')
  t.equal(dayUsed(first), 49)
  clock.advance(1_000)
  const second = ledgerWith(clock, limits)
  t.equal(await kindOf(second), 'ask-quota', 'own count alone would let 49 more out')
  second.quotaAnswer(second.quotaQuestion('a'), { max: 50, used: 49 })
  t.equal(await kindOf(second), 'permitted')
  t.equal(await kindOf(second), 'day-spent')
})
