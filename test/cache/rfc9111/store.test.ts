import * as fc from 'fast-check'
import t from 'tap'
import { createHttpStore, freshForMs } from '../../../src/cache/index.js'
import { entryOf } from './answers.js'

const VARIED = [
  ['cache-control', 'max-age=60'],
  ['vary', 'Foo'],
] as const

t.test('variants of a URI: the one that is asked for, and no more than their bound', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000, maxVariants: 4 })
  for (let n = 0; n < 10; n++) {
    const request = { foo: String(n) }
    store.set(entryOf({ headers: VARIED, request, body: String(n) }), request)
  }
  t.equal(store.usage().entries, 4)
  t.equal(store.select('/a', { foo: '9' })?.body.toString(), '9')
  t.equal(store.select('/a', { foo: '6' })?.body.toString(), '6')
  t.equal(store.select('/a', { foo: '5' }), undefined, 'the oldest went')
  t.ok(store.hasVariants('/a'))
  t.notOk(store.hasVariants('/b'))
  t.strictSame(store.varyOf('/a'), ['foo'])
})

t.test('a newer answer takes the place of those that the same request selects', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000 })
  store.set(entryOf({ body: 'for all' }), {})
  store.set(entryOf({ headers: VARIED, request: { foo: '1' }, body: 'one' }), { foo: '1' })
  t.equal(store.usage().entries, 1)
  t.equal(store.select('/a', { foo: '2' }), undefined)
  store.set(entryOf({ headers: VARIED, request: { foo: '2' }, body: 'two' }), { foo: '2' })
  store.set(entryOf({ headers: VARIED, request: { foo: '1' }, body: 'one again' }), { foo: '1' })
  t.equal(store.usage().entries, 2)
  t.equal(store.select('/a', { foo: '1' })?.body.toString(), 'one again')
})

t.test('of several that fit, the one with the latest Date', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000 })
  const dated = (day: number, vary: string) =>
    entryOf({
      headers: [
        ['date', `Fri, 0${day} May 2026 12:00:00 GMT`],
        ['vary', vary],
      ],
      request: { foo: '1', bar: '1' },
      body: String(day),
    })
  // Stored for a request that the first one does not fit, so both stay.
  store.set(dated(2, 'Foo'), { foo: '1', bar: '1' })
  store.set(dated(1, 'Bar'), { foo: '2', bar: '1' })
  t.equal(store.select('/a', { foo: '1', bar: '1' })?.body.toString(), '2')
})

t.test('one URI in two spellings: served to its own, dropped together', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000 })
  store.set(entryOf({ target: '/a%7eb' }), {})
  t.equal(store.select('/a~b', {}), undefined)
  store.set(entryOf({ target: '/a~b' }), {})
  t.ok(store.select('/a%7eb', {}))
  store.outdate('/a%7Eb')
  t.equal(store.usage().entries, 0)
  t.equal(store.generation('/a~b'), store.generation('/a%7eb'))
})

t.test('bytes are bounded, and counted as long as they are there', async (t) => {
  const one = entryOf({ body: 'x'.repeat(1_000) }).sizeBytes
  const store = createHttpStore({ maxBytes: 3 * one })
  for (let n = 0; n < 10; n++) {
    t.ok(store.set(entryOf({ target: `/${n}`, body: 'x'.repeat(1_000) }), {}))
  }
  t.equal(store.usage().entries, 3)
  t.ok(store.usage().bytes <= 3 * one)
  t.notOk(store.set(entryOf({ target: '/9', body: 'x'.repeat(10_000) }), {}), 'too large')
  t.equal(store.select('/9', {}), undefined, 'nor is the one before kept')
  for (let n = 0; n < 9; n++) {
    const request = { foo: String(n) }
    store.set(entryOf({ headers: VARIED, request, body: 'x'.repeat(1_000) }), request)
  }
  t.ok(store.usage().bytes <= 3 * one, 'variants as well')
  store.purge({})
  t.strictSame(store.usage(), { entries: 0, bytes: 0 })
})

t.test('generations rise with every write, also for URIs that were forgotten', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000, maxUris: 3 })
  const before = store.generation('/a')
  t.ok(store.outdate('/a') > before)
  const known = store.generation('/a')
  for (let n = 0; n < 10; n++) store.invalidate(`/${n}`)
  t.ok(store.generation('/a') > known, 'the number is lost, and all are raised')
  const never = store.generation('/never')
  store.purge({ path: '/x' })
  t.ok(store.generation('/never') > never, 'a purge raises all')
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), (writes) => {
      const fresh = createHttpStore({ maxBytes: 1_000, maxUris: 3 })
      return writes.every((n) => {
        const seen = fresh.generation(`/${n}`)
        return fresh.invalidate(`/${n}`) > seen && fresh.generation(`/${n}`) > seen
      })
    }),
  )
})

t.test('purge by path, whatever the query; soft makes stale', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000 })
  for (const target of ['/a', '/a?x=1', '/a/?y', '/ab', '/a/b']) store.set(entryOf({ target }), {})
  t.equal(store.purge({ path: '/a', soft: true }), 3)
  t.ok(freshForMs(store.select('/a?x=1', {})!, 0) <= 0)
  t.ok(freshForMs(store.select('/ab', {})!, 0) > 0)
  t.equal(store.purge({ path: '/a/' }), 3)
  t.equal(store.usage().entries, 2)
  t.equal(store.purge({}), 2)
})

t.test('replacing and dropping what has gone meanwhile does nothing', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000 })
  const entry = entryOf()
  store.set(entry, {})
  store.outdate('/a')
  store.replace(entry, entryOf())
  store.expire(entry)
  store.delete(entry)
  t.equal(store.usage().entries, 0)
  store.close()
  t.notOk(store.set(entry, {}), 'closed')
})
