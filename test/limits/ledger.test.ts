import t from 'tap'
import { testClock } from './clock.js'
import {
  dayUsed,
  failingJournal,
  HOLD_MS,
  kindOf,
  ledgerWith,
  ofAccount,
  permitOf,
  take,
} from './setup.js'

t.test('lets out as many as the window allows, and the next after the hold', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock)
  const permits = [await take(ledger), await take(ledger), await take(ledger)]
  t.same(await ledger.take(ofAccount()), { kind: 'wait', untilMs: undefined })
  for (const permit of permits) ledger.settle(permit, 'answered')
  const untilMs = clock.monotonicMs() + HOLD_MS
  t.same(await ledger.take(ofAccount()), { kind: 'wait', untilMs })
  clock.advance(HOLD_MS - 1)
  t.equal(await kindOf(ledger), 'wait')
  clock.advance(1)
  t.equal(await kindOf(ledger), 'permitted')
})

t.test('a request that ended without an answer holds its slot longer', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { max: 1 })
  ledger.settle(await take(ledger), 'dead')
  clock.advance(HOLD_MS + 499)
  t.equal(await kindOf(ledger), 'wait')
  clock.advance(1)
  t.equal(await kindOf(ledger), 'permitted')
})

t.test('unsent gives everything back at once', async (t) => {
  const ledger = ledgerWith(testClock(), { max: 1, dayMax: 1 })
  for (let i = 0; i < 5; i++) ledger.settle(await take(ledger), 'unsent')
  t.equal(dayUsed(ledger), 0)
  t.match(ledger.usage().window, { held: 0, inFlight: 0 })
})

t.test('a permit is settled once', async (t) => {
  for (const end of ['answered', 'dead', 'unsent'] as const) {
    const ledger = ledgerWith(testClock())
    const permit = await take(ledger)
    ledger.settle(permit, end)
    const before = ledger.usage()
    for (const again of ['answered', 'dead', 'unsent'] as const) {
      t.throws(() => ledger.settle(permit, again), TypeError)
    }
    t.same(ledger.usage(), before, 'and the second time changes nothing')
  }
})

t.test('all limits together or not at all', async (t) => {
  const clock = testClock()
  const full = ledgerWith(clock, { max: 1 })
  await take(full)
  t.equal(await kindOf(full), 'wait')
  t.equal(dayUsed(full), 1, 'no slot: no charge to the day')

  const spent = ledgerWith(clock, { dayMax: 1 })
  spent.settle(await take(spent), 'answered')
  t.equal(await kindOf(spent), 'day-spent')
  t.equal(spent.usage().window.held, 1, 'no day: no slot')
})

t.test('what the journal could not write was not taken', async (t) => {
  for (const broken of ['putSlot', 'putDay'] as const) {
    const { journal, failing } = failingJournal()
    const ledger = ledgerWith(testClock(), { max: 1, dayMax: 1, journal })
    failing.isBroken = true
    failing[broken === 'putSlot' ? 'putDay' : 'putSlot'] = false
    for (let i = 0; i < 3; i++) await t.rejects(ledger.take(ofAccount()), { message: 'no space' })
    t.equal(dayUsed(ledger), 0, `${broken}: the day is given back`)
    t.match(ledger.usage().window, { held: 0, inFlight: 0 })
    failing.isBroken = false
    t.equal(await kindOf(ledger), 'permitted', 'and later it goes on')
  }
})

t.test('a failing journal on the way out takes nobody down', async (t) => {
  const { journal, failing } = failingJournal()
  const ledger = ledgerWith(testClock(), { journal })
  const permits = [await take(ledger), await take(ledger), await take(ledger)] as const
  failing.isBroken = true
  ledger.settle(permits[0], 'answered')
  ledger.settle(permits[1], 'dead')
  ledger.settle(permits[2], 'unsent')
  await new Promise((resolve) => setImmediate(resolve))
  t.match(ledger.usage().window, { held: 2, inFlight: 0 })
})

t.test('permits taken in one turn are different ones', async (t) => {
  const ledger = ledgerWith(testClock(), { max: 20 })
  const decisions = await Promise.all(Array.from({ length: 30 }, () => ledger.take(ofAccount())))
  const permits = decisions.filter(({ kind }) => kind === 'permitted').map(permitOf)
  t.equal(permits.length, 20)
  t.equal(new Set(permits.map(({ id }) => id)).size, 20)
  t.equal(new Set(permits.map(({ slot }) => slot)).size, 20)
  t.equal(dayUsed(ledger), 20)
})

t.test('a permit says until when it may be used', async (t) => {
  const clock = testClock()
  const permit = await take(ledgerWith(clock))
  t.equal(permit.takenAtMs, clock.monotonicMs())
  t.equal(permit.sendByMs, clock.monotonicMs() + 5_000)
})

t.test('accounts are bounded in number, and the others stay served', async (t) => {
  const ledger = ledgerWith(testClock(), { max: 1_000, maxAccounts: 3 })
  for (const account of ['a', 'b', 'c']) await take(ledger, account)
  await t.rejects(ledger.take(ofAccount('d')), RangeError)
  t.equal(await kindOf(ledger, 'a'), 'permitted')
  t.equal(ledger.usage().window.held, 4)
})

t.test('listeners hear of changes until they stop', async (t) => {
  const ledger = ledgerWith(testClock())
  let calls = 0
  const stop = ledger.onChange(() => calls++)
  ledger.settle(await take(ledger), 'answered')
  t.equal(calls, 1)
  ledger.pause({ scope: 'window', reason: 'by-hand', holdMs: 0, detail: '' })
  t.equal(calls, 2)
  ledger.resume('window')
  t.equal(calls, 3)
  stop()
  ledger.settle(await take(ledger), 'answered')
  t.equal(calls, 3)
})
