import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '../../src/storage/open-database.js'

const SHAPE = 3

t.test('what was written is read again by the same format', async (t) => {
  const path = join(t.testdir({}), 'some.mdb')
  const first = openDatabase(path, SHAPE)
  await first.meta.put('note', 'kept')
  await first.root.close()
  const second = openDatabase(path, SHAPE)
  t.equal(second.meta.get('note'), 'kept')
  await second.root.close()
})

for (const other of [SHAPE - 1, SHAPE + 1]) {
  t.test(
    `format ${other} is refused by a reader of ${SHAPE}, each time, and left as it is`,
    async (t) => {
      const path = join(t.testdir({}), 'some.mdb')
      const written = openDatabase(path, other)
      await written.meta.put('note', 'kept')
      await written.root.close()
      for (let i = 0; i < 2; i++) {
        t.throws(() => openDatabase(path, SHAPE), {
          code: 'FILE_FORMAT',
          message: new RegExp(`^${path} has format ${other}, this version reads ${SHAPE}: `),
        })
      }
      t.throws(() => openDatabase(path, SHAPE), { code: 'FILE_FORMAT' })
      const again = openDatabase(path, other)
      t.equal(again.meta.get('note'), 'kept')
      await again.root.close()
    },
  )
}
