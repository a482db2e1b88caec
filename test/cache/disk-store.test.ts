import { readFileSync, statSync } from 'node:fs'
import t from 'tap'
import {
  cacheKey,
  createEntry,
  createMemoryStore,
  createPrincipals,
  createTieredStore,
  strongEtag,
} from '../../src/cache/index.js'
import { testResponseStore } from './contract/response-store.js'
import { open, startDiskProcess, temporaryFile } from './disk-setup.js'
import { NOW_MS, POLICIES, storedResponse, target } from './fixtures.js'

t.test('the disk keeps the contract', async (t) => {
  testResponseStore(t, (limits) => {
    const disk = open(t, temporaryFile(t), limits)
    t.teardown(() => disk.close())
    return disk.store
  })
})

t.test('memory before a disk keeps the contract', async (t) => {
  testResponseStore(t, (limits) => {
    const disk = open(t, temporaryFile(t), limits)
    t.teardown(() => disk.close())
    return createTieredStore({
      // All of it in memory, so that what memory drops is what is gone.
      memory: createMemoryStore(limits),
      disk: disk.store,
      maxPendingBytes: 1_000_000_000,
      onError: (error) => t.fail(String(error)),
    })
  })
})

t.test('a disk opened again has everything', async (t) => {
  const path = temporaryFile(t)
  const texts = Array.from({ length: 500 }, (_, i) => `${i} `.repeat(1 + ((i * 37) % 900)))
  const before = open(t, path)
  const sets = texts.map((text, i) => before.store.set(`key ${i}`, storedResponse({ text })))
  await Promise.all(sets)
  await before.store.delete('key 3')
  const usage = before.store.usage()
  t.equal(usage.entries, 499)
  await before.close()

  const after = open(t, path)
  t.teardown(() => after.close())
  t.same(after.store.usage(), usage)
  const bodies = []
  for (const i of texts.keys()) {
    bodies.push((await after.store.get(`key ${i}`))?.body.toString())
  }
  t.same(bodies, texts.with(3, undefined as never))
  await after.store.set('key 3', storedResponse())
  t.equal(after.store.usage().entries, 500)
})

t.test('20 000 entries leave what fits, in memory of the disk and in its file', async (t) => {
  const path = temporaryFile(t)
  const maxBytes = 4_000_000
  const disk = open(t, path, { maxBytes, maxEntryBytes: 200_000 })
  t.teardown(() => disk.close())
  let random = 11
  const next = (below: number): number => (random = (random * 48_271) % 0x7f_ff_ff_ff) % below
  let most = 0
  for (let i = 0; i < 20_000; i += 100) {
    const sets = Array.from({ length: 100 }, () => {
      const text = 'x'.repeat(next(20) === 0 ? next(60_000) : next(3000))
      return disk.store.set(`key ${next(5000)}`, storedResponse({ text }))
    })
    await Promise.all(sets)
    most = Math.max(most, disk.store.usage().bytes)
  }
  const { size } = statSync(path)
  t.comment(`at most ${most} of ${maxBytes} bytes, the file has ${size}`)
  t.ok(most <= maxBytes)
  t.ok(disk.store.usage().entries > 100, `${disk.store.usage().entries} are left`)
  t.ok(size < 3 * maxBytes + 1_000_000)
})

t.test('what another upstream answered is dropped', async (t) => {
  const path = temporaryFile(t)
  const one = open(t, path)
  await one.store.set('key', storedResponse())
  await one.generations.begin(1, { account: 'main', scope: { kind: 'account' } })
  await one.close()
  const other = open(t, path, { origin: 'http://other/' })
  t.same(other.store.usage(), { entries: 0, bytes: 0 })
  t.equal(await other.store.get('key'), undefined)
  t.same(other.generations.load().unfinished, [])
  await other.close()
  const again = open(t, path)
  t.teardown(() => again.close())
  t.equal(await again.store.get('key'), undefined, 'and does not come back with the first')
})

t.test('no credential is on the disk', async (t) => {
  const path = temporaryFile(t)
  const disk = open(t, path)
  const token = 'f00dcafe17'
  const principals = createPrincipals({ secret: () => Buffer.alloc(32, 5) })
  const headers = [token, `${token}:X`, `${token}:`].map((pair) => Buffer.from(pair))
  for (const pair of headers) {
    const key = cacheKey({
      account: 'main',
      principal: principals.of(`Basic ${pair.toString('base64')}`),
      share: 'credential',
      format: 'json',
      target: target('/task/'),
    })
    const entry = createEntry({
      key,
      status: 200,
      headers: [
        ['Content-Type', 'application/json'],
        ['Set-Cookie', `session=${token}`],
      ],
      body: Buffer.from('{"known":"text"}'),
      account: 'main',
      resource: 'task',
      path: '/task',
      generation: 0,
      policy: POLICIES.task,
      sentAtMs: NOW_MS,
    })
    await disk.store.set(key, entry)
  }
  await disk.close()
  const bytes = readFileSync(path)
  t.ok(bytes.includes('{"known":"text"}'), 'it is there')
  for (const pair of headers) {
    // Without what the padding changes.
    t.notOk(bytes.includes(pair.toString('base64').replace(/.?.?=*$/, '')))
  }
  t.notOk(bytes.includes(token))
})

t.test('after kill -9 there is the old or the new entry, never parts of both', async (t) => {
  const path = temporaryFile(t)
  let last = 0
  for (let kill = 0; kill < 6; kill++) {
    const { child, messages, said, ended } = startDiskProcess(t, 'set', path)
    await said(2 + kill * 3)
    child.kill('SIGKILL')
    await ended
    const told = Number(messages.at(-1))
    const disk = open(t, path)
    const found = await disk.store.get('key')
    t.ok(found !== undefined && found.generation >= told, `${found?.generation} after ${told}`)
    if (found !== undefined) {
      t.equal(found.etag, strongEtag(found.headers, found.body), 'its body is its own')
      t.equal(found.body.length, 1 + ((found.generation * 7919) % 200_000))
    }
    let [entries, bytes] = [0, 0]
    for (const key of ['key', ...Array.from({ length: 50 }, (_, i) => `key ${i}`)]) {
      const entry = await disk.store.get(key)
      entries += entry === undefined ? 0 : 1
      bytes += entry?.sizeBytes ?? 0
    }
    t.same(disk.store.usage(), { entries, bytes }, 'the counters fit')
    last += told
    await disk.close()
  }
  t.ok(last > 0)
})

t.test('the last set wins, whatever is under way', async (t) => {
  const disk = open(t, temporaryFile(t))
  t.teardown(() => disk.close())
  const sets = Array.from({ length: 300 }, (_, i) =>
    disk.store.set('key', storedResponse({ generation: i })),
  )
  const purge = disk.store.purge({ path: '/elsewhere' })
  await Promise.all([...sets, purge])
  t.equal((await disk.store.get('key'))?.generation, 299)
  t.equal(disk.store.usage().entries, 1)
})
