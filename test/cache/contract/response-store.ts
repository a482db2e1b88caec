// What every ResponseStore promises. A new store is tested by one call.

import type { Test } from 'tap'
import { ageSeconds, type ResponseStore } from '../../../src/cache/index.js'
import { NOW_MS, storedResponse } from '../fixtures.js'

export interface StoreLimits {
  readonly maxBytes: number
  readonly maxEntryBytes: number
}

export function testResponseStore(
  t: Test,
  createStore: (limits: StoreLimits) => ResponseStore | Promise<ResponseStore>,
): void {
  const build = async (t: Test, limits: Partial<StoreLimits> = {}): Promise<ResponseStore> => {
    const store = await createStore({ maxBytes: 1_000_000, maxEntryBytes: 100_000, ...limits })
    t.teardown(() => store.close())
    return store
  }

  t.test('gives back what it was given', async (t) => {
    const store = await build(t)
    const entry = storedResponse({ headers: [['X-Two', 'a'], ['X-Two', 'b']] }) // prettier-ignore
    t.equal(await store.get('key'), undefined)
    t.equal(await store.set('key', entry), true)
    const found = await store.get('key')
    t.same(found, entry)
    t.ok(Buffer.isBuffer(found?.body), 'the body is a Buffer again')
    t.same(store.usage(), { entries: 1, bytes: entry.sizeBytes })
  })

  t.test('keeps keys apart that differ in anything', async (t) => {
    const store = await build(t)
    const keys = ['', 'a', 'A', 'a ', 'a\u0000', '__proto__', 'constructor', 'é', 'x'.repeat(5000)]
    for (const [i, key] of keys.entries()) await store.set(key, storedResponse({ generation: i }))
    for (const [i, key] of keys.entries()) t.equal((await store.get(key))?.generation, i, key)
    t.equal(store.usage().entries, keys.length)
  })

  t.test('replaces the entry of a key, and counts it once', async (t) => {
    const store = await build(t)
    const [older, newer] = [storedResponse({ text: 'old' }), storedResponse({ text: 'much newer' })]
    await store.set('key', older)
    await store.set('key', newer)
    t.equal((await store.get('key'))?.etag, newer.etag)
    t.same(store.usage(), { entries: 1, bytes: newer.sizeBytes })
  })

  t.test('keeps neither what is too large nor what that would have replaced', async (t) => {
    const store = await build(t, { maxEntryBytes: 5000 })
    await store.set('key', storedResponse({ text: 'old' }))
    t.equal(await store.set('key', storedResponse({ text: 'x'.repeat(6000) })), false)
    t.equal(await store.get('key'), undefined, 'the old answer is not the answer any more')
    t.same(store.usage(), { entries: 0, bytes: 0 })
  })

  t.test('deletes', async (t) => {
    const store = await build(t)
    await store.set('key', storedResponse())
    t.equal(await store.delete('key'), true)
    t.equal(await store.delete('key'), false)
    t.equal(await store.get('key'), undefined)
    t.same(store.usage(), { entries: 0, bytes: 0 })
  })

  t.test('stays inside its bytes, and counts only what is left', async (t) => {
    const maxBytes = 100_000
    const store = await build(t, { maxBytes })
    for (let i = 0; i < 500; i++) await store.set(`key ${i}`, storedResponse())
    const kept = []
    for (let i = 0; i < 500; i++) kept.push(await store.get(`key ${i}`))
    const left = kept.filter((entry) => entry !== undefined)
    t.ok(left.length > 10, `something is left: ${left.length}`)
    t.ok(left.length < 500, 'something had to go')
    t.equal(store.usage().entries, left.length)
    t.equal(
      store.usage().bytes,
      left.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    )
    t.ok(store.usage().bytes <= maxBytes)
    t.ok(await store.get('key 499'), 'the last one is among them')
  })

  t.test('purges what agrees with every field of the selection', async (t) => {
    const rows = [
      ['1', 'one', '/task'],
      ['2', 'one', '/task/13'],
      ['3', 'two', '/task'],
      ['4', 'one', '/time'],
    ] as const
    const cases = [
      { selection: { account: 'one' }, left: ['3'] },
      { selection: { resource: 'task' }, left: ['4'] },
      { selection: { path: '/task' }, left: ['2', '4'] },
      { selection: { account: 'one', path: '/task' }, left: ['2', '3', '4'] },
      { selection: { account: 'three' }, left: ['1', '2', '3', '4'] },
      { selection: {}, left: [] },
    ] as const
    for (const { selection, left } of cases) {
      const store = await build(t)
      for (const [key, account, path] of rows) {
        const resource = path === '/time' ? 'time' : 'task'
        await store.set(key, storedResponse({ account, path, resource }))
      }
      t.equal(await store.purge(selection), rows.length - left.length, JSON.stringify(selection))
      const found = []
      for (const [key] of rows) if ((await store.get(key)) !== undefined) found.push(key)
      t.same(found, left)
      t.equal(store.usage().entries, left.length)
    }
  })

  t.test('a soft purge makes stale and keeps', async (t) => {
    const store = await build(t)
    const entry = storedResponse()
    await store.set('key', entry)
    t.equal(await store.purge({ soft: true }), 1)
    const found = await store.get('key')
    t.same(found, { ...entry, freshUntilMs: entry.storedAtMs })
    t.equal(found && ageSeconds(found, NOW_MS + 2000), 2, 'its age stays honest')
    t.same(store.usage(), { entries: 1, bytes: entry.sizeBytes })
  })

  t.test('is empty after it was closed, and may be closed twice', async (t) => {
    const store = await build(t)
    await store.set('key', storedResponse())
    await store.close()
    await store.close()
  })
}
