import t from 'tap'
import { createMemoryStore, createTieredStore, type ResponseStore } from '../../src/cache/index.js'
import { storedResponse } from './fixtures.js'

/** A disk that begins and ends when the test says so. */
function slowDisk() {
  const inner = createMemoryStore({ maxBytes: 1_000_000 })
  const held: (() => void)[] = []
  let isSlow = false
  const wait = (): Promise<void> =>
    isSlow ? new Promise((resolve) => held.push(resolve)) : Promise.resolve()
  const store: ResponseStore = {
    ...inner,
    // What was there when it was asked, told later.
    async get(key) {
      const found = await inner.get(key)
      return found
    },
    async set(key, entry) {
      await wait()
      return inner.set(key, entry)
    },
    async delete(key) {
      await wait()
      return inner.delete(key)
    },
    async purge(selection) {
      await wait()
      return inner.purge(selection)
    },
  }
  return {
    store,
    slow() {
      isSlow = true
    },
    release() {
      isSlow = false
      for (const resume of held.splice(0)) resume()
    },
  }
}

function build(maxPendingBytes = 1_000_000) {
  const disk = slowDisk()
  const memory = createMemoryStore({ maxBytes: 100_000 })
  const tiered = createTieredStore({ memory, disk: disk.store, maxPendingBytes, onError() {} })
  return { disk, memory, tiered }
}

t.test('what memory drops comes back from the disk, and into memory', async (t) => {
  const { memory, tiered } = build()
  await tiered.set('key', storedResponse())
  await tiered.purge({ path: '/none' })
  await memory.delete('key')
  t.ok(await tiered.get('key'))
  t.ok(await memory.get('key'))
})

for (const [name, remove] of [
  ['a purge', (store: ResponseStore) => store.purge({})],
  ['a deletion', (store: ResponseStore) => store.delete('key')],
] as const) {
  t.test(`what is read during ${name} is gone after it`, async (t) => {
    const { disk, memory, tiered } = build()
    await tiered.set('key', storedResponse())
    await tiered.purge({ path: '/none' })
    await memory.delete('key')
    disk.slow()
    const removing = remove(tiered)
    await new Promise(setImmediate)
    t.ok(await tiered.get('key'), 'the disk still has it')
    disk.release()
    await removing
    t.equal(await tiered.get('key'), undefined)
    t.equal(await memory.get('key'), undefined)
  })
}

t.test('a soft purge is not undone by a read during it', async (t) => {
  const { disk, memory, tiered } = build()
  const entry = storedResponse()
  await tiered.set('key', entry)
  await tiered.purge({ path: '/none' })
  await memory.delete('key')
  disk.slow()
  const purging = tiered.purge({ soft: true })
  await new Promise(setImmediate)
  await tiered.get('key')
  disk.release()
  await purging
  t.equal((await tiered.get('key'))?.freshUntilMs, entry.storedAtMs)
})

t.test('what there is no room for on the way is not on disk in an older form', async (t) => {
  const { disk, memory, tiered } = build(storedResponse().sizeBytes)
  await tiered.set('key', storedResponse({ text: 'old' }))
  await tiered.purge({ path: '/none' })
  disk.slow()
  await tiered.set('other', storedResponse())
  await tiered.set('key', storedResponse({ text: 'new' }))
  disk.release()
  await tiered.purge({ path: '/none' })
  t.equal((await tiered.get('key'))?.body.toString(), 'new')
  await memory.delete('key')
  t.equal(await tiered.get('key'), undefined)
})

t.test('close waits for what is on its way', async (t) => {
  const { disk, tiered } = build()
  disk.slow()
  await tiered.set('key', storedResponse())
  let isClosed = false
  const closing = tiered.close().then(() => (isClosed = true))
  await new Promise(setImmediate)
  t.notOk(isClosed)
  disk.release()
  await closing
})
