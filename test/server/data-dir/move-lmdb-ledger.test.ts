import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import t from 'tap'
import { openJournalFile } from '../../../src/limits/index.js'
import { moveLmdbLedger } from '../../../src/server/data-dir/move-lmdb-ledger.js'
import { testClock } from '../../limits/clock.js'
import { dayUsed, kindOf, ledgerWith } from '../../limits/setup.js'

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
