import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { CELL_BYTES, encodeCell } from '../../src/storage/cell-text.js'
import { SlotFile } from '../../src/storage/slot-file.js'

const pathIn = (t: Test): string => join(t.testdir({}), 'a.slots')

/** A disk whose writes end when the test says so. */
function slowDisk() {
  const writes: { text: string; end: (error?: Error) => void }[] = []
  return {
    writes,
    calls: {
      write: (_fd: number, bytes: Buffer) =>
        new Promise<void>((resolve, reject) => {
          const end = (error?: Error): void => (error === undefined ? resolve() : reject(error))
          writes.push({ text: bytes.toString().trimEnd(), end })
        }),
      sync: async () => {},
    },
  }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
const textOf = (key: string, value: unknown): string => encodeCell(key, value).toString().trimEnd()

t.test('records are found again, and cells that were freed are used again', async (t) => {
  const path = pathIn(t)
  const file = new SlotFile(path, { format: 1 })
  const { size } = statSync(path)
  for (let round = 0; round < 2_000; round++) {
    await file.put(`key ${round}`, { round })
    if (round >= 10) await file.remove(`key ${round - 10}`)
  }
  await file.close()
  t.equal(statSync(path).size, size, 'nothing had to be allocated')
  const again = new SlotFile(path, { format: 1 })
  t.ok(again.isWhole)
  t.strictSame(
    Object.fromEntries(again.records),
    Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`key ${1_990 + i}`, { round: 1_990 + i }]),
    ),
  )
  await again.close()
})

t.test('more records than were allocated make the file longer', async (t) => {
  const path = pathIn(t)
  const file = new SlotFile(path, { format: 1 })
  await Promise.all(Array.from({ length: 700 }, (_, i) => file.put(`key ${i}`, i)))
  await file.close()
  const again = new SlotFile(path, { format: 1 })
  t.ok(again.isWhole)
  t.equal(again.records.size, 700)
  await again.close()
})

t.test('a file of another format is refused, and left as it is', async (t) => {
  const path = pathIn(t)
  await new SlotFile(path, { format: 2 }).close()
  const before = readFileSync(path)
  t.throws(() => new SlotFile(path, { format: 1 }), { code: 'FILE_FORMAT', message: /format 2/ })
  t.ok(before.equals(readFileSync(path)))
})

t.test('a record that does not fit rejects, and is not there', async (t) => {
  const file = new SlotFile(pathIn(t), { format: 1 })
  await t.rejects(file.put('key', 'x'.repeat(CELL_BYTES)), /1\d\d\d bytes/)
  t.equal(file.records.size, 0)
  await file.close()
})

t.test('an older value never overwrites a newer one', async (t) => {
  const { calls, writes } = slowDisk()
  const file = new SlotFile(pathIn(t), { format: 1, calls })
  const first = file.put('key', 1)
  await turn()
  const others = [file.put('key', 2), file.put('key', 3)]
  await turn()
  t.same(
    writes.map(({ text }) => text),
    [textOf('key', 1)],
  )
  writes[0]?.end()
  await first
  await turn()
  t.same(
    writes.slice(1).map(({ text }) => text),
    [textOf('key', 3)],
  )
  writes[1]?.end()
  await Promise.all(others)
  await file.close()
})

t.test('a write that fails rejects, is tried again, and hides no newer value', async (t) => {
  const { calls, writes } = slowDisk()
  const file = new SlotFile(pathIn(t), { format: 1, calls })
  const first = [file.put('a', 1), file.put('b', 1)]
  await turn()
  const newer = file.put('a', 2)
  writes[0]?.end(new Error('EIO'))
  writes[1]?.end()
  for (const one of first) await t.rejects(one, /EIO/)
  t.match(file.problem(), /refused a write \(EIO\)/)
  t.equal(writes.length, 2, 'not at once')
  while (writes.length < 4) await turn()
  t.same(
    writes.slice(2).map(({ text }) => text),
    [textOf('a', 2), textOf('b', 1)],
  )
  for (const { end } of writes) end()
  await newer
  t.equal(file.problem(), undefined)
  await file.close()
})

t.test('no write is waited for without a bound, and none is begun beside it', async (t) => {
  const { calls, writes } = slowDisk()
  const file = new SlotFile(pathIn(t), { format: 1, calls })
  await t.rejects(file.put('a', 1), /within 2 s/)
  t.match(file.problem(), /within 2 s/)
  await t.rejects(file.put('a', 2), /within 2 s/)
  t.equal(writes.length, 1)
  writes[0]?.end()
  await turn()
  t.equal(writes[1]?.text, textOf('a', 2))
  writes[1]?.end()
  await turn()
  t.equal(file.problem(), undefined)
  await file.close()
})

t.test('closing waits for the last write, and not for ever', async (t) => {
  const { calls, writes } = slowDisk()
  const file = new SlotFile(pathIn(t), { format: 1, calls })
  const written = t.rejects(file.put('a', 1), /within 2 s/)
  await file.close()
  await written
  await t.rejects(file.put('a', 2), /closed/)
  t.equal(writes.length, 1)
})
