import t from 'tap'
import { accountScope, createMemoryJournal, WINDOW_SCOPE } from '../../src/limits/index.js'
import type { Ledger, RefusalFound } from '../../src/limits/index.js'
import { testClock } from './clock.js'
import { HOLD_MS, kindOf, ledgerWith, LOST_MARGIN_MS, ofAccount, permitOf, take } from './setup.js'

const tooFast: RefusalFound = { reason: 'too-fast', scope: WINDOW_SCOPE, retryAfterMs: undefined }
const ofScope = (reason: RefusalFound['reason'], account = 'a'): RefusalFound => ({
  reason,
  scope: accountScope(account),
  retryAfterMs: undefined,
})
const pauseOf = (ledger: Ledger) => ledger.usage().pauses[0]

t.test('a burst of refusals pauses once, for everybody, and one probe ends it', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { max: 20 })
  const burst = await Promise.all(Array.from({ length: 10 }, () => take(ledger)))
  const began: unknown[] = []
  for (const permit of burst) {
    ledger.settle(permit, 'answered')
    began.push(ledger.refused(tooFast))
  }
  t.equal(began.filter((pause) => pause !== undefined).length, 1)
  t.match(pauseOf(ledger), { strikes: 1, reason: 'too-fast', leftMs: HOLD_MS })
  t.match(await ledger.take(ofAccount('b')), { kind: 'paused', scope: 'window', isProbed: false })
  t.equal(await kindOf(ledger, 'a', false), 'paused', '/quota/ leaves by the same address')
  clock.advance(HOLD_MS)
  const probe = await take(ledger)
  t.match(await ledger.take(ofAccount('b')), { kind: 'paused', isProbed: true }, 'others wait')
  ledger.settle(probe, 'answered')
  t.match(ledger.accepted(probe), [{ scope: 'window' }])
  t.equal(await kindOf(ledger, 'b'), 'permitted')
  t.same(ledger.usage().pauses, [])
})

t.test('a refused probe doubles the pause', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { max: 20 })
  ledger.refused(tooFast)
  for (const factor of [1, 2, 4]) {
    t.match(pauseOf(ledger), { durationMs: HOLD_MS * factor })
    clock.advance(HOLD_MS * factor)
    ledger.settle(await take(ledger), 'answered')
    t.match(ledger.refused(tooFast), { reason: 'too-fast' })
  }
})

t.test('a probe without an answer: another tries a second later', async (t) => {
  for (const end of ['dead', 'unsent'] as const) {
    const clock = testClock()
    const ledger = ledgerWith(clock, { max: 20 })
    ledger.refused(tooFast)
    clock.advance(HOLD_MS)
    ledger.settle(await take(ledger), end)
    t.equal(await kindOf(ledger), 'paused', end)
    clock.advance(1_000)
    t.equal(await kindOf(ledger), 'permitted')
    t.equal(await kindOf(ledger), 'paused', 'only one')
  }
})

t.test('what was out before the pause says nothing about its end', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { max: 20 })
  const [slow, dying] = [await take(ledger), await take(ledger)]
  ledger.refused(tooFast)
  clock.advance(HOLD_MS)
  const probe = await take(ledger)
  ledger.settle(slow, 'answered')
  t.same(ledger.accepted(slow), [])
  t.equal(await kindOf(ledger), 'paused', 'an old answer does not open')
  ledger.settle(dying, 'dead')
  clock.advance(1_500)
  t.equal(await kindOf(ledger), 'paused', 'an old death lets no second probe out')
  ledger.settle(probe, 'answered')
  t.equal(ledger.accepted(probe).length, 1)
})

t.test('the day of one account: others go on, /quota/ as well, and it ends nothing', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { max: 50 })
  ledger.settle(await take(ledger), 'answered')
  t.ok(ledger.refused(ofScope('day-exceeded')))
  t.match(await ledger.take(ofAccount()), { kind: 'paused', scope: 'account:a' })
  t.equal(await kindOf(ledger, 'b'), 'permitted')
  const question = permitOf(await ledger.take(ofAccount('a', false)))
  ledger.settle(question, 'answered')
  t.same(ledger.accepted(question), [])
  t.equal(await kindOf(ledger), 'paused')
  clock.advance(12 * 3_600_000 + 5_000)
  const quota = permitOf(await ledger.take(ofAccount('a', false)))
  t.same(ledger.accepted(quota), [], 'what is not charged is no probe of the day')
  t.equal(await kindOf(ledger), 'permitted', 'the next day')
})

t.test('pauses outlive the process', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const first = ledgerWith(clock, { journal })
  first.refused(tooFast)
  first.refused(ofScope('day-exceeded', 'b'))
  first.refused(ofScope('suspended', 'c'))
  clock.advance(HOLD_MS / 2)
  const second = ledgerWith(clock, { journal })
  t.match(await second.take(ofAccount('a')), { kind: 'paused', reason: 'too-fast' })
  clock.advance(HOLD_MS / 2)
  const probe = await take(second)
  t.equal(await kindOf(second), 'paused', 'and it is probed')
  second.settle(probe, 'answered')
  second.accepted(probe)
  t.match(await second.take(ofAccount('b')), { kind: 'paused', reason: 'day-exceeded' })

  clock.advance(365 * 86_400_000)
  clock.reboot('boot-2')
  const third = ledgerWith(clock, { journal })
  clock.advance(HOLD_MS + LOST_MARGIN_MS)
  t.equal(await kindOf(third, 'a', false), 'permitted', 'what was over stays over')
  t.match(await third.take(ofAccount('c')), { kind: 'paused', reason: 'suspended' })
  t.match(await third.take(ofAccount('c', false)), { kind: 'paused', untilMs: Infinity })
  t.ok(third.resume(accountScope('c')))
  t.notOk(third.resume(accountScope('c')), 'once')
  t.equal(await kindOf(third, 'c', false), 'permitted')
  const fourth = ledgerWith(clock, { journal })
  t.equal(await kindOf(fourth, 'c', false), 'permitted', 'the end is durable, too')
})

t.test(
  'after another boot a pause lasts what is left by the wall clock, at most all',
  async (t) => {
    for (const [stepMs, leftMs] of [
      [0, HOLD_MS - 200],
      [-3_600_000, HOLD_MS],
      [3_600_000, 0],
    ] as const) {
      const clock = testClock()
      const journal = createMemoryJournal()
      ledgerWith(clock, { journal }).refused(tooFast)
      clock.advance(200)
      clock.stepWall(stepMs)
      clock.reboot('boot-2')
      t.equal(pauseOf(ledgerWith(clock, { journal }))?.leftMs, leftMs, `stepped ${stepMs}`)
    }
  },
)

t.test('too fast: less of the window for a while, and it recovers', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const ledger = ledgerWith(clock, { max: 100, dayMax: 100_000, journal })
  ledger.refused(tooFast)
  t.equal(ledger.usage().window.ceiling, 75)
  t.equal(ledgerWith(clock, { max: 100, journal }).usage().window.ceiling, 75, 'durable')
  clock.advance(HOLD_MS)
  const probe = await take(ledger)
  ledger.settle(probe, 'answered')
  ledger.accepted(probe)
  let permitted = 1
  while ((await kindOf(ledger)) === 'permitted') permitted++
  t.equal(permitted, 75)
  const seen: number[] = []
  for (let i = 0; i < 6; i++) {
    clock.advance(600_000)
    seen.push(ledger.usage().window.ceiling)
  }
  t.same(seen, [80, 85, 90, 95, 100, 100])
})

t.test('a ceiling never falls below a tenth, nor below one', async (t) => {
  for (const [max, least] of [
    [100, 10],
    [5, 1],
    [1, 1],
  ] as const) {
    const clock = testClock()
    const ledger = ledgerWith(clock, { max })
    for (let i = 0; i < 30; i++) {
      ledger.refused(tooFast)
      clock.advance(HOLD_MS * 40)
      ledger.settle(await take(ledger), 'answered')
    }
    t.equal(ledger.usage().window.ceiling, least, `${max}`)
  }
})

t.test('by hand', async (t) => {
  const ledger = ledgerWith(testClock())
  const pause = ledger.pause({ scope: 'window', reason: 'by-hand', holdMs: 0, detail: 'works' })
  t.match(pause, { untilMs: Infinity })
  t.match(await ledger.take(ofAccount()), { kind: 'paused', reason: 'by-hand' })
  t.match(ledger.peek(ofAccount()), { kind: 'paused', untilMs: Infinity })
  t.notOk(ledger.resume('account:a'))
  t.ok(ledger.resume('window'))
  t.equal(ledger.peek(ofAccount()), undefined)
  t.equal(await kindOf(ledger), 'permitted')
})

t.test(
  'every pause ends by the clock that is ahead, after sleep and after a step back',
  async (t) => {
    const long = { ...tooFast, retryAfterMs: 2 * 3_600_000 }
    for (const [refusal, holdMs] of [
      [tooFast, HOLD_MS],
      [long, 2 * 3_600_000],
      [ofScope('day-exceeded'), 12 * 3_600_000 + 5_000],
    ] as const) {
      const asleep = testClock()
      const woken = ledgerWith(asleep, { max: 20 })
      woken.refused(refusal)
      t.equal(await kindOf(woken), 'paused')
      asleep.stepWall(holdMs)
      t.equal(
        await kindOf(woken),
        'permitted',
        `${refusal.reason}: the monotonic clock stood still`,
      )

      const stepped = testClock()
      const ledger = ledgerWith(stepped, { max: 20 })
      ledger.refused(refusal)
      stepped.stepWall(-3 * 86_400_000)
      stepped.advance(holdMs - 1)
      t.equal(await kindOf(ledger), 'paused', `${refusal.reason}: not before its time`)
      stepped.advance(1)
      t.equal(await kindOf(ledger), 'permitted', `${refusal.reason}: the wall clock went back`)
    }
  },
)

t.test('a lowered ceiling rises by the clock that is ahead', async (t) => {
  for (const [wallMs, bothMs] of [
    [0, 5 * 3_600_000],
    [5 * 3_600_000, 0],
    [-10 * 86_400_000, 5 * 3_600_000],
  ] as const) {
    const clock = testClock()
    const ledger = ledgerWith(clock, { max: 100 })
    ledger.refused(tooFast)
    t.ok(ledger.usage().window.ceiling < 100)
    clock.stepWall(wallMs)
    clock.advance(bothMs)
    t.equal(ledger.usage().window.ceiling, 100, `wall ${wallMs}, both ${bothMs}`)
  }
})
