import t from 'tap'
import { createMemoryJournal } from '../../src/limits/index.js'
import type { Journal, Ledger } from '../../src/limits/index.js'
import { testClock } from './clock.js'
import { dayUsed, HOLD_MS, kindOf, ledgerWith, LOST_MARGIN_MS, ofAccount, take } from './setup.js'

const LOST_HOLD_MS = HOLD_MS + LOST_MARGIN_MS

/** Asked for what is not charged to the day: after a restart that is asked of `/quota/` first. */
const windowKind = (ledger: Ledger): Promise<string> => kindOf(ledger, 'a', false)

async function untilFull(ledger: Ledger): Promise<number> {
  let permitted = 0
  while ((await windowKind(ledger)) === 'permitted') permitted++
  return permitted
}

t.test(
  'in the same boot: answered slots come back when they would have, the others later',
  async (t) => {
    const clock = testClock()
    const journal = createMemoryJournal()
    const first = ledgerWith(clock, { journal })
    first.settle(await take(first), 'answered')
    const lost = await take(first)
    await take(first)
    clock.advance(300)
    first.settle(lost, 'dead')
    clock.advance(100)
    const second = ledgerWith(clock, { journal })
    t.equal(await windowKind(second), 'wait')
    const { releasesInMs } = second.usage().window
    t.same(releasesInMs, [HOLD_MS - 400, LOST_HOLD_MS - 100, LOST_HOLD_MS])
    t.equal(dayUsed(second), 3)
  },
)

t.test('restarting over and over frees nothing', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  let permitted = 0
  for (let i = 0; i < 20; i++) {
    permitted += await untilFull(ledgerWith(clock, { journal }))
    clock.advance(40)
  }
  t.equal(permitted, 3)
})

t.test(
  'another boot: the window counts as full, for the last permits may not have reached the disk',
  async (t) => {
    for (const sinceMs of [30_000, 3_600_000, -10 * 86_400_000]) {
      const clock = testClock()
      const journal = createMemoryJournal()
      const first = ledgerWith(clock, { journal })
      first.settle(await take(first), 'answered')
      clock.stepWall(sinceMs)
      clock.reboot('boot-2')
      const second = ledgerWith(clock, { journal })
      t.same(second.usage().window.releasesInMs, Array(3).fill(LOST_HOLD_MS))
      t.equal(second.usage().quarantineMs, LOST_HOLD_MS)
      t.equal((await second.take(ofAccount('new'))).kind, 'ask-quota')
    }
  },
)

t.test('where boots have no name, restarts wait', async (t) => {
  const clock = testClock()
  clock.bootId = null
  const journal = createMemoryJournal()
  const first = ledgerWith(clock, { journal })
  for (let i = 0; i < 3; i++) first.settle(await take(first), 'answered')
  clock.advance(500)
  t.equal(await windowKind(ledgerWith(clock, { journal })), 'wait')
  clock.advance(700_000)
  t.equal(await windowKind(ledgerWith(clock, { journal })), 'permitted')
})

t.test('a new disk that counts as spent', async (t) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, { newDisk: 'full' })
  t.match(ledger.usage().window, { held: 3, inFlight: 0 })
  t.equal((await ledger.take(ofAccount())).kind, 'ask-quota', 'the day is asked, too')
  t.equal(await windowKind(ledger), 'wait')
  clock.advance(LOST_HOLD_MS)
  t.equal(await windowKind(ledger), 'permitted')
})

t.test('a new disk that counts as spent still does after a crash a moment later', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  await untilFull(ledgerWith(clock, { newDisk: 'full', journal }))
  clock.advance(100)
  const again = ledgerWith(clock, { newDisk: 'idle', journal })
  t.equal(again.usage().window.held, 3)
  t.same(again.usage().window.releasesInMs, Array(3).fill(LOST_HOLD_MS - 100))
  t.same(again.usage().days, [], 'no account is made up by that')
})

t.test(
  'a lower max after a restart: what was sent counts, the surplus is not used again',
  async (t) => {
    const clock = testClock()
    const journal = createMemoryJournal()
    const first = ledgerWith(clock, { max: 10, journal })
    for (let i = 0; i < 10; i++) {
      first.settle(await take(first), 'answered')
      clock.advance(10)
    }
    const second = ledgerWith(clock, { max: 4, journal })
    t.equal(await windowKind(second), 'wait')
    // The seventh of ten has to be free before three are held.
    clock.advance(HOLD_MS - 100 + 60 - 1)
    t.equal(await windowKind(second), 'wait')
    clock.advance(1)
    t.equal(await windowKind(second), 'permitted')
    t.equal(await windowKind(second), 'wait')
  },
)

t.test('a longer window after a restart holds longer', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const first = ledgerWith(clock, { max: 1, journal })
  first.settle(await take(first), 'answered')
  clock.advance(HOLD_MS + 1)
  t.equal(await windowKind(ledgerWith(clock, { max: 1, windowMs: 60_000, journal })), 'wait')
})

t.test('10,000 requests leave a bounded number of records', async (t) => {
  const clock = testClock(Date.parse('2026-03-10T00:10:00Z'))
  const journal: Journal = createMemoryJournal()
  const ledger = ledgerWith(clock, { max: 7, dayMax: 100_000, journal })
  for (let i = 0; i < 10_000; i++) {
    const permit = await take(ledger, `account-${i % 3}`)
    ledger.settle(permit, (['answered', 'dead', 'unsent'] as const)[i % 3] ?? 'dead')
    clock.advance(HOLD_MS + LOST_MARGIN_MS + 40_000)
  }
  const contents = journal.load()
  t.ok((contents?.slots.size ?? 99) <= 7)
  t.ok((contents?.days.length ?? 99) <= 3 * 2, 'five days have passed')
  t.same(contents?.pauses, [])
})

t.test('an operator ends the wait of a new disk: once, also for the next start', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const ledger = ledgerWith(clock, { newDisk: 'full', journal })
  t.ok((ledger.usage().quarantineMs ?? 0) > 0)
  t.ok(ledger.endQuarantine())
  t.equal(ledger.usage().quarantineMs, undefined)
  t.notOk(ledger.endQuarantine())
  t.equal(await windowKind(ledger), 'permitted')
  t.equal(await untilFull(ledgerWith(clock, { newDisk: 'full', journal })), 2)
})
