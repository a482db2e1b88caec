// A damaged file must be refused, so that it can be set aside: LMDB would end the process at most of
// these, at every start again. Each is opened in a process of its own.

import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { createMemoryStore, createTieredStore } from '../../src/cache/index.js'
import { open, startDiskProcess, temporaryFile } from './disk-setup.js'
import { storedResponse } from './fixtures.js'

async function openInProcess(t: Test, path: string): Promise<unknown> {
  const { ended, messages } = startDiskProcess(t, 'open', path)
  const { code, signal } = await ended
  return code === 0 ? messages.at(-1) : `ended the process: ${code ?? signal}`
}

async function fullDisk(t: Test): Promise<string> {
  const path = temporaryFile(t)
  const disk = open(t, path)
  const sets = Array.from({ length: 1000 }, (_, i) =>
    disk.store.set(`key ${i}`, storedResponse({ text: String(i).repeat(1500) })),
  )
  await Promise.all(sets)
  await disk.close()
  return path
}

t.test('a file that is no database is refused', async (t) => {
  const path = temporaryFile(t)
  const contents = [
    ['a little text', Buffer.from('not a database\n')],
    ['much text', Buffer.alloc(100_000, 'not a database ')],
    ['zeros', Buffer.alloc(100_000)],
    ['noise', Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * i * 7 + i) % 251))],
  ] as const
  for (const [what, content] of contents) {
    writeFileSync(path, content)
    t.match(await openInProcess(t, path), /^refused: .*no LMDB file/, what)
    t.same(readFileSync(path), content, 'and left as it was')
  }
  writeFileSync(path, '')
  t.equal(await openInProcess(t, path), 'closed', 'an empty file is a new one')
})

t.test('a file that was cut off is refused', async (t) => {
  const full = await fullDisk(t)
  t.equal(await openInProcess(t, full), 'closed', 'the whole one is opened')
  const whole = readFileSync(full).length
  for (const size of [1, 4096, 8191, 8192, 12_288, 100_000, whole - 4096, whole - 1]) {
    const path = temporaryFile(t)
    copyFileSync(full, path)
    truncateSync(path, size)
    t.match(await openInProcess(t, path), /^refused: .*(no LMDB file|cut off)/, `${size} bytes`)
  }
})

t.test('a record that cannot be read is a miss, and can be written again', async (t) => {
  const errors: unknown[] = []
  const disk = open(t, temporaryFile(t))
  t.teardown(() => disk.close())
  const broken = { ...disk.store, get: () => Promise.reject(new Error('unreadable')) }
  const store = createTieredStore({
    memory: createMemoryStore({ maxBytes: 100_000 }),
    disk: broken,
    maxPendingBytes: 100_000,
    onError: (error) => errors.push(error),
  })
  t.equal(await store.get('key'), undefined)
  t.equal(errors.length, 1, 'and a line in the log')
  t.equal(await store.set('key', storedResponse()), true)
  t.ok(await store.get('key'))
})

t.test('writes that come after the end do nothing', async (t) => {
  const path = temporaryFile(t)
  const disk = open(t, path)
  await disk.generations.begin(7, { account: 'main', scope: { kind: 'account' } })
  await disk.close()
  disk.generations.save({ account: 'main', floor: 9, resources: {} }, { latest: 9, floor: 0 })
  disk.generations.end(7)
  await t.rejects(disk.generations.begin(8, { account: 'main', scope: { kind: 'account' } }))
  t.equal(await disk.store.get('key'), undefined)
  t.equal(await disk.store.set('key', storedResponse()), false)
  t.equal(await disk.store.purge({}), 0)
  await disk.close()
  const again = open(t, path)
  t.teardown(() => again.close())
  t.equal(await again.store.set('other', storedResponse()), true, 'a whole write later')
  t.match(again.generations.load(), { unfinished: [{ id: 7 }], snapshot: { latest: 0 } })
})
