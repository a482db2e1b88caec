import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import t from 'tap'
import { moveLmdbLedger, openJournalFile } from '../../src/limits/index.js'
import { CELL_BYTES, decodeCell } from '../../src/storage/cell-text.js'
import { testClock } from './clock.js'
import { journalContract } from './contract/journal.js'
import { dayUsed, kindOf, ledgerWith, take } from './setup.js'

journalContract(t, {
  name: 'file',
  place: (t) => {
    const path = join(t.testdir({}), 'ledger.slots')
    return { open: () => openJournalFile(path) }
  },
})

/** Where the record is in the file, bytes. */
function placeOf(path: string, key: string): number {
  const bytes = readFileSync(path)
  for (let at = 0; at < bytes.length; at += CELL_BYTES) {
    if (decodeCell(bytes.subarray(at, at + CELL_BYTES))?.[0] === key) return at
  }
  throw new Error(`no ${key} in ${path}`)
}

t.test('after any damage the window counts as full, and the day is asked, once', async (t) => {
  const damages: Record<string, (bytes: Buffer, at: number) => Buffer> = {
    zeros: (bytes, at) => bytes.fill(0, at, at + CELL_BYTES),
    'a flipped bit': (bytes, at) => bytes.fill((bytes[at + 40] ?? 0) ^ 1, at + 40, at + 41),
    'half a write': (bytes, at) => bytes.fill(' ', at + 50, at + CELL_BYTES),
    'a cut': (bytes, at) => bytes.subarray(0, at + 100),
  }
  for (const [name, damage] of Object.entries(damages)) {
    for (const key of ['slot 0', 'day 2026-03-10 a', 'clock']) {
      await t.test(`${name} in ${key}`, async (t) => {
        const path = join(t.testdir({}), 'ledger.slots')
        const clock = testClock()
        const first = ledgerWith(clock, { journal: openJournalFile(path) })
        first.settle(await take(first), 'answered')
        first.settle(await take(first, 'b'), 'answered')
        await first.close()
        clock.advance(60_000)
        writeFileSync(path, damage(readFileSync(path), placeOf(path, key)))
        const second = ledgerWith(clock, { journal: openJournalFile(path) })
        t.equal(second.usage().window.held, 3)
        t.ok(second.usage().quarantineMs)
        t.equal(await kindOf(second, 'a'), 'ask-quota')
        clock.advance(60_000)
        t.equal(await kindOf(second, 'a', false), 'permitted')
        await second.close()
        clock.advance(60_000)
        const third = ledgerWith(clock, { journal: openJournalFile(path) })
        t.equal(third.usage().quarantineMs, undefined, 'the damage is repaired')
        await third.close()
      })
    }
  }
})

t.test('a file that is no ledger throws', async (t) => {
  const path = join(t.testdir({}), 'ledger.slots')
  for (const bytes of ['x', 'x'.repeat(5_000), Buffer.alloc(65_536), ' '.repeat(CELL_BYTES)]) {
    writeFileSync(path, bytes)
    t.throws(() => openJournalFile(path), /is damaged/)
  }
  t.throws(() => openJournalFile(join(path, 'below')))
})

t.test('a full window that was written by halves is full again', async (t) => {
  const clock = testClock()
  const path = join(t.testdir({}), 'ledger.slots')
  const first = ledgerWith(clock, { journal: openJournalFile(path) })
  await take(first)
  await first.close()
  clock.reboot('boot-2')
  // Killed at once: nothing of the new boot is on the disk.
  ledgerWith(clock, { journal: { ...openJournalFile(path), putSlot: () => new Promise(() => {}) } })
  const third = ledgerWith(clock, { journal: openJournalFile(path) })
  t.equal(third.usage().window.held, 3)
  await third.close()
})

t.test('the ledger of an earlier version is taken over, and counts what it counted', async (t) => {
  const dir = t.testdir({})
  const [from, to] = [join(dir, 'ledger.mdb'), join(dir, 'ledger.slots')]
  const clock = testClock()
  const { bootId } = clock
  const db = open<unknown, string[]>({ path: from })
  const slot = { bootId, wallMs: clock.wallMs(), lost: false, account: 'a', days: ['2026-03-10'] }
  await db.put(['meta', 'format'], { format: 1 })
  await db.put(['slot', '0'], { ...slot, endedAtMs: clock.monotonicMs() })
  await db.put(['slot', '1'], { ...slot, endedAtMs: null })
  await db.put(['day', 'a', '2026-03-10'], {
    account: 'a',
    day: '2026-03-10',
    taken: 7,
    doubtful: 1,
  })
  const pause = {
    scope: 'account:b',
    reason: 'suspended',
    sinceWallMs: 5,
    untilMs: null,
    untilWallMs: null,
    durationMs: null,
    strikes: 1,
    detail: '',
  }
  await db.put(['pause', 'account:b'], { bootId, pause })
  const offset = { anchorMs: clock.wallMs() - clock.monotonicMs(), wallOffsetMs: 0 }
  await db.put(['clock', 'upstream'], { bootId, ...offset, isSet: true })
  await db.close()
  moveLmdbLedger(from, to)
  moveLmdbLedger(from, to)
  t.notOk(existsSync(from))
  const ledger = ledgerWith(clock, { journal: openJournalFile(to) })
  t.equal(ledger.usage().window.held, 2)
  t.equal(ledger.usage().quarantineMs, undefined)
  t.equal(dayUsed(ledger), 7)
  t.equal(await kindOf(ledger, 'a'), 'permitted')
  t.equal(await kindOf(ledger, 'b'), 'paused')
  await ledger.close()
})

t.test('a damaged ledger of an earlier version throws, and stays', async (t) => {
  const dir = t.testdir({ 'ledger.mdb': 'this is no database' })
  const from = join(dir, 'ledger.mdb')
  t.throws(() => moveLmdbLedger(from, join(dir, 'ledger.slots')))
  t.ok(existsSync(from))
  t.notOk(existsSync(join(dir, 'ledger.slots')))
})
