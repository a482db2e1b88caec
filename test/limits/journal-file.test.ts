import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openJournalFile } from '../../src/limits/index.js'
import { CELL_BYTES, decodeCell } from '../../src/storage/cell-text.js'
import { testClock } from './clock.js'
import { journalContract } from './contract/journal.js'
import { kindOf, ledgerWith, take } from './setup.js'

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
