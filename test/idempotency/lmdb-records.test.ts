import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open as openLmdb } from 'lmdb'
import t, { type Test } from 'tap'
import { openLmdbRecords } from '../../src/idempotency/lmdb-records.js'
import { KEY_TTL_MS } from '../../src/server/ports/key-records.js'
import { answerOf, begin, recordsContract } from './contract/records.js'

const secretCheck = 'the same'
const fileOf = (t: Test): string => join(t.testdir({}), 'idempotency.mdb')

recordsContract(t, {
  name: 'lmdb',
  open(t, bounds) {
    const records = openLmdbRecords(fileOf(t), { ...bounds, secretCheck })
    t.teardown(() => records.close())
    return records
  },
})

t.test('what was noted is there after it was opened again', async (t) => {
  const path = fileOf(t)
  const first = openLmdbRecords(path, { secretCheck })
  await begin(first, 'a')
  await begin(first, 'b')
  const answer = { ...answerOf(1_000), headers: { 'content-type': 'text/plain', x: ['1', '2'] } }
  await first.complete('b', { status: 201, finishedAtMs: 1, answer })
  const usage = first.usage()
  await first.close()
  const second = openLmdbRecords(path, { secretCheck })
  t.teardown(() => second.close())
  t.match(second.get('a', 0), { state: 'pending' })
  t.match(second.get('b', 0), { state: 'answered', status: 201, finishedAtMs: 1 })
  const record = second.get('b', 0)
  t.strictSame(record?.state === 'answered' ? record.answer : undefined, answer)
  t.strictSame(second.usage(), usage)
})

t.test('the answer is a copy: later writes do not change it', async (t) => {
  const records = openLmdbRecords(fileOf(t), { secretCheck })
  t.teardown(() => records.close())
  await begin(records, 'a')
  await records.complete('a', { status: 201, finishedAtMs: 1, answer: answerOf(5_000, 'a') })
  const record = records.get('a', 0)
  await records.forget('a')
  for (let i = 0; i < 50; i++) {
    await begin(records, `b${i}`)
    await records.complete(`b${i}`, { status: 201, finishedAtMs: 1, answer: answerOf(5_000, 'b') })
  }
  t.ok(record?.state === 'answered' && record.answer?.body.equals(Buffer.alloc(5_000, 'a')))
})

t.test('a file that cannot be used is refused', async (t) => {
  const path = fileOf(t)
  const first = openLmdbRecords(path, { secretCheck })
  for (let i = 0; i < 100; i++) await begin(first, `key ${i}`)
  await first.close()
  t.throws(() => openLmdbRecords(path, { secretCheck: 'another' }), /another secret\.key/)
  truncateSync(path, 8_192)
  t.throws(() => openLmdbRecords(path, { secretCheck }), /cut off|no LMDB file/)
  writeFileSync(path, 'not a database\n')
  t.throws(() => openLmdbRecords(path, { secretCheck }), /no LMDB file/)
})

t.test('a file of a newer version is not read, and not taken for a damaged one', async (t) => {
  const path = fileOf(t)
  const root = openLmdb<unknown, string>({ path, maxDbs: 4, cache: false })
  root.openDB<number, string>({ name: 'meta' }).putSync('format', 2)
  await root.close()
  t.throws(() => openLmdbRecords(path, { secretCheck }), { code: 'FILE_FORMAT' })
})

t.test('a hundred at once are each there', async (t) => {
  const records = openLmdbRecords(fileOf(t), { secretCheck, maxRecords: 60 })
  t.teardown(() => records.close())
  const names = Array.from({ length: 100 }, (_, i) => `key ${i}`)
  const taken = await Promise.all(names.map((id) => begin(records, id)))
  t.equal(taken.filter(Boolean).length, 60)
  t.equal(names.filter((id) => records.get(id, KEY_TTL_MS) !== undefined).length, 60)
})
