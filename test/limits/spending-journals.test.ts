import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import t from 'tap'
import { createMemorySpendingJournal, openLmdbSpendingJournal } from '../../src/limits/index.js'
import { spendingContract } from './contract/spending-journal.js'

spendingContract(t, {
  name: 'memory',
  place: () => {
    const journal = createMemorySpendingJournal()
    return { open: () => journal }
  },
})

spendingContract(t, {
  name: 'LMDB',
  place: (t) => {
    const path = join(t.testdir({}), 'spending.mdb')
    return { open: () => openLmdbSpendingJournal(path) }
  },
})

t.test('a file of another format is refused, one that is no database throws', async (t) => {
  const path = join(t.testdir({}), 'spending.mdb')
  await openLmdbSpendingJournal(path).close()
  const root = open({ path, maxDbs: 4 })
  await root.openDB({ name: 'meta' }).put('format', 2)
  await root.close()
  t.throws(() => openLmdbSpendingJournal(path), { code: 'FILE_FORMAT', message: /format 2/ })
  const garbage = join(t.testdir({}), 'garbage.mdb')
  writeFileSync(garbage, 'this is not a database\n'.repeat(1_000))
  t.throws(() => openLmdbSpendingJournal(garbage), { message: /no LMDB file/ })
})
