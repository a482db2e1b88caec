import t from 'tap'
import { createMemoryStore } from '../../src/cache/index.js'
import { testResponseStore } from './contract/response-store.js'
import { storedResponse } from './fixtures.js'

testResponseStore(t, (limits) => createMemoryStore(limits))

t.test('a million entries leave no more than fits, and their bytes are counted', async (t) => {
  const maxBytes = 1_000_000
  const store = createMemoryStore({ maxBytes })
  const entry = storedResponse({ text: '{}' })
  for (let i = 0; i < 1_000_000; i++) await store.set(`key ${i}`, entry)
  const { entries, bytes } = store.usage()
  t.ok(bytes <= maxBytes, `${bytes} of ${maxBytes} bytes`)
  t.equal(bytes, entries * entry.sizeBytes)
  t.equal(entries, Math.floor(maxBytes / entry.sizeBytes))
})

t.test('the entry not asked for longest goes first', async (t) => {
  const entry = storedResponse()
  const evicted: unknown[] = []
  const store = createMemoryStore({
    maxBytes: entry.sizeBytes * 2,
    maxEntryBytes: entry.sizeBytes,
    onEvict: (gone) => evicted.push(gone),
  })
  await store.set('a', entry)
  await store.set('b', entry)
  await store.get('a')
  t.same(evicted, [])
  await store.set('c', entry)
  t.ok(await store.get('a'))
  t.equal(await store.get('b'), undefined)
  t.equal(evicted.length, 1)

  await store.set('c', entry)
  await store.delete('c')
  await store.purge({})
  t.equal(evicted.length, 1, 'what is replaced, deleted or purged did not have to make room')
})

t.test('by default one entry may take an eighth', async (t) => {
  const store = createMemoryStore({ maxBytes: 80_000 })
  t.equal(await store.set('small', storedResponse({ text: 'x'.repeat(8000) })), true)
  t.equal(await store.set('large', storedResponse({ text: 'x'.repeat(10_000) })), false)
})

t.test('keeps nothing after it was closed', async (t) => {
  const store = createMemoryStore({ maxBytes: 100_000 })
  await store.set('key', storedResponse())
  await store.close()
  t.equal(await store.set('key', storedResponse()), false)
  t.equal(await store.get('key'), undefined)
  t.same(store.usage(), { entries: 0, bytes: 0 })
})

t.test('refuses a size that is none', async (t) => {
  for (const maxBytes of [0, -1, 1.5, Number.NaN, Infinity]) {
    t.throws(() => createMemoryStore({ maxBytes }), TypeError, String(maxBytes))
  }
})
