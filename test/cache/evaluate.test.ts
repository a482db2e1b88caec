import t from 'tap'
import {
  createGenerations,
  createMemoryStore,
  lookup,
  requestDirectives,
  type LookupRequest,
  type StoredResponse,
} from '../../src/cache/index.js'
import { NO_DIRECTIVES, NOW_MS, storedResponse } from './fixtures.js'

async function setUp(entry?: StoredResponse) {
  const store = createMemoryStore({ maxBytes: 1_000_000 })
  const generations = createGenerations()
  if (entry !== undefined) await store.set('key', entry)
  const ask = (fields: Partial<LookupRequest> = {}) =>
    lookup({
      store,
      generations,
      key: 'key',
      account: 'main',
      resource: 'task',
      policy: { ttlMs: 30_000, staleWhileRevalidateMs: 100_000, staleMs: 300_000 },
      directives: NO_DIRECTIVES,
      nowMs: NOW_MS,
      refusedAtMs: -Infinity,
      ...fields,
    })
  return { store, generations, ask }
}

t.test('nothing there', async (t) => {
  const { ask } = await setUp()
  t.same(await ask(), { kind: 'miss', reason: 'uri-miss' })
})

t.test('fresh, stale and too old', async (t) => {
  const entry = storedResponse()
  const { ask } = await setUp(entry)
  const fresh = { kind: 'hit', entry, ageSeconds: 10, ttlSeconds: 20 }
  t.same(await ask({ nowMs: NOW_MS + 10_000 }), fresh)
  const stale = { kind: 'stale', entry, ageSeconds: 40, ttlSeconds: -10 }
  t.same(await ask({ nowMs: NOW_MS + 40_000 }), stale)
  const fallback = { entry, ageSeconds: 130, ttlSeconds: -100 }
  t.same(await ask({ nowMs: NOW_MS + 130_000 }), { kind: 'miss', reason: 'stale', fallback })
  t.same(await ask({ nowMs: NOW_MS + 330_000 }), { kind: 'miss', reason: 'stale', previous: entry })
})

t.test('an entry stored under a longer policy is held to the one of now', async (t) => {
  const entry = storedResponse()
  const { ask } = await setUp(entry)
  const policy = { ttlMs: 5_000, staleWhileRevalidateMs: 20_000, staleMs: 20_000 }
  t.match(await ask({ policy, nowMs: NOW_MS + 4_000 }), { kind: 'hit', ttlSeconds: 1 })
  t.match(await ask({ policy, nowMs: NOW_MS + 6_000 }), { kind: 'stale', ttlSeconds: -1 })
  t.same(await ask({ policy, nowMs: NOW_MS + 25_000 }), {
    kind: 'miss',
    reason: 'stale',
    previous: entry,
  })
  const longer = {
    ttlMs: 3_600_000,
    staleWhileRevalidateMs: 3_600_000,
    staleMs: 3_600_000,
  }
  t.match(await ask({ policy: longer, nowMs: NOW_MS + 40_000 }), { kind: 'stale' })
})

t.test('what a request finds too old is there if the upstream cannot answer', async (t) => {
  const entry = storedResponse()
  const { ask } = await setUp(entry)
  const directives = requestDirectives({ 'cache-control': 'no-cache' })
  t.same(await ask({ directives, nowMs: NOW_MS + 1000 }), {
    kind: 'miss',
    reason: 'request',
    fallback: { entry, ageSeconds: 1, ttlSeconds: 29 },
  })
  t.match(await ask({ directives, nowMs: NOW_MS + 1000, floorSeconds: 5 }), { kind: 'hit' })
  t.same(await ask({ directives, nowMs: NOW_MS + 330_000 }), {
    kind: 'miss',
    reason: 'stale',
    previous: entry,
  })
})

t.test(
  'what a write has overtaken is not there, not even as stale or for want of better',
  async (t) => {
    const { ask, generations } = await setUp(storedResponse())
    const invalidated = { kind: 'miss', reason: 'invalidated' }
    generations.invalidate('other', { kind: 'account' })
    generations.invalidate('main', { kind: 'resources', names: ['time'] })
    t.match(await ask(), { kind: 'hit' }, 'other accounts and resources do not matter')
    generations.invalidate('main', { kind: 'resources', names: ['time', 'task'] })
    const directives = requestDirectives({ 'cache-control': 'max-stale' })
    for (const ms of [0, 40_000, 330_000]) {
      t.same(await ask({ nowMs: NOW_MS + ms }), invalidated)
      t.same(await ask({ nowMs: NOW_MS + ms, directives, floorSeconds: 600 }), invalidated)
    }
  },
)

t.test('an entry stored at or before the refusal of the credential is a miss', async (t) => {
  const entry = storedResponse()
  const { ask, generations } = await setUp(entry)
  const missing = { kind: 'miss', reason: 'uri-miss' }
  t.match(await ask({ refusedAtMs: entry.storedAtMs - 1 }), { kind: 'hit', entry })
  const directives = requestDirectives({ 'cache-control': 'max-stale' })
  for (const refusedAtMs of [entry.storedAtMs, entry.storedAtMs + 1]) {
    // Fresh, stale and expired: the entry is not even a fallback.
    for (const ms of [0, 40_000, 130_000, 330_000]) {
      t.same(await ask({ refusedAtMs, nowMs: NOW_MS + ms }), missing)
      t.same(await ask({ refusedAtMs, nowMs: NOW_MS + ms, directives, floorSeconds: 600 }), missing)
    }
  }
  generations.invalidate('main', { kind: 'resources', names: ['task'] })
  t.same(await ask({ refusedAtMs: entry.storedAtMs }), missing)
})

t.test('a write acknowledged while the store is reading counts', async (t) => {
  const { ask, generations } = await setUp()
  const store = {
    get: async () => {
      generations.invalidate('main', { kind: 'resources', names: ['task'] })
      return storedResponse()
    },
  }
  t.same(await ask({ store }), { kind: 'miss', reason: 'invalidated' })
})

t.test('a store that fails is the caller’s to see', async (t) => {
  const { ask } = await setUp()
  const store = { get: () => Promise.reject(new Error('disk')) }
  await t.rejects(ask({ store }), { message: 'disk' })
})
