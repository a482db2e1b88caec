import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import t from 'tap'
import { openLmdbJournal } from '../../src/limits/index.js'
import { FileFormatError } from '../../src/storage/open-database.js'
import { journalContract } from './contract/journal.js'
import { moduleAt } from '../project.js'

const day = { account: 'a', day: '2026-03-10', taken: 1, doubtful: 0 }

journalContract(t, {
  name: 'LMDB',
  place: (t) => {
    const path = join(t.testdir({}), 'ledger.mdb')
    return { open: () => openLmdbJournal(path) }
  },
})

t.test(
  'the end of a request is written with what comes next, or by itself after a moment',
  async (t) => {
    const path = join(t.testdir({}), 'ledger.mdb')
    const journal = openLmdbJournal(path)
    const slot = { bootId: 'b', wallMs: 1, lost: false, account: 'a', days: [] }
    const written: string[] = []
    const end = (index: number) =>
      journal.putSlot(index, { ...slot, endedAtMs: index }).then(() => written.push(`end ${index}`))
    const taken = (index: number) =>
      journal
        .putSlot(index, { ...slot, endedAtMs: null })
        .then(() => written.push(`taken ${index}`))
    await taken(1)
    void end(1)
    void end(2)
    // The slot of the first is taken again before its end was written: what is last counts.
    await taken(1)
    t.match(
      journal.load()?.slots,
      new Map([
        [1, { endedAtMs: null }],
        [2, { endedAtMs: 2 }],
      ]),
    )
    await end(3)
    t.match(journal.load()?.slots.get(3), { endedAtMs: 3 }, 'nothing came next')
    t.strictSame(new Set(written), new Set(['taken 1', 'end 1', 'end 2', 'end 3']))
    const last = end(1)
    await journal.close()
    await last
    const again = openLmdbJournal(path)
    t.match(again.load()?.slots.get(1), { endedAtMs: 1 }, 'and what waits when it is closed')
    await again.close()
  },
)

t.test('a file of another format is refused, and left as it is', async (t) => {
  const path = join(t.testdir({}), 'ledger.mdb')
  const journal = openLmdbJournal(path)
  await journal.putDay(day)
  await journal.close()
  const db = open<unknown, string[]>({ path, maxReaders: 126 })
  await db.put(['meta', 'format'], { format: 2 })
  await db.close()
  for (let i = 0; i < 2; i++) {
    t.throws(() => openLmdbJournal(path), { code: 'FILE_FORMAT', message: /format 2/ })
  }
  try {
    openLmdbJournal(path)
  } catch (error) {
    t.ok(error instanceof FileFormatError)
  }
  const again = open<unknown, string[]>({ path, maxReaders: 126 })
  t.match(again.get(['day', 'a', '2026-03-10']), { taken: 1 })
  await again.close()
})

t.test('a directory that is not there is an error', async (t) => {
  const path = join(t.testdir({ file: 'x' }), 'file', 'below', 'ledger.mdb')
  t.throws(() => openLmdbJournal(path))
})

/** In a process of its own: whatever LMDB does to it, this one goes on. */
const OPEN_ALL = `
  const [index, ...paths] = process.argv.slice(1)
  const { openLmdbJournal } = await import(index)
  for (const path of paths) {
    try {
      openLmdbJournal(path).load()
      console.log('opened')
    } catch {
      console.log('threw')
    }
  }
  process.exit(0)`

t.test('a file that is no journal throws, it does not crash', async (t) => {
  const garbage: readonly Buffer[] = [
    Buffer.from('this is not a database\n'.repeat(1_000)),
    Buffer.alloc(65_536),
    Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7_919) % 251)),
    Buffer.from('x'),
  ]
  const directory = t.testdir({})
  const paths = garbage.map((bytes, i) => {
    const path = join(directory, `${i}.mdb`)
    writeFileSync(path, bytes)
    return path
  })
  const index = moduleAt('../../src/limits/index', import.meta).href
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, '--input-type=module', '-e', OPEN_ALL, index, ...paths],
    { encoding: 'utf8' },
  )
  t.same([child.status, child.signal], [0, null], child.stderr)
  t.same(child.stdout.trim().split('\n'), Array(4).fill('threw'))
})
