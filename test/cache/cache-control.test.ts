import * as fc from 'fast-check'
import t from 'tap'
import {
  parseCacheControl,
  requestDirectives,
  responseDirectives,
  type RequestDirectives,
} from '../../src/cache/index.js'
import { NO_DIRECTIVES } from './fixtures.js'

t.test('reads what requests say', async (t) => {
  const cases: readonly [string, Partial<RequestDirectives>][] = [
    ['', {}],
    ['no-cache', { noCache: true }],
    ['No-Cache , NO-STORE', { noCache: true, noStore: true }],
    ['only-if-cached', { onlyIfCached: true }],
    ['max-age=0', { maxAgeSeconds: 0 }],
    ['max-age="10"', { maxAgeSeconds: 10 }],
    ['max-age = 10', { maxAgeSeconds: 10 }],
    ['max-stale', { maxStaleSeconds: Infinity }],
    ['max-stale=60, min-fresh=5', { maxStaleSeconds: 60, minFreshSeconds: 5 }],
    ['max-age=99999999999999999999', { maxAgeSeconds: 2 ** 31 }],
    ['unknown="no-cache, no-store"', {}],
    ['unknown="a\\"b", no-store', { noStore: true }],
    [',,;= ,', {}],
  ]
  for (const [value, expected] of cases) {
    const read = requestDirectives({ 'cache-control': value })
    t.same(read, { ...NO_DIRECTIVES, ...expected }, value)
  }
})

t.test('where it is in doubt, the strictest reading wins', async (t) => {
  const cases: readonly [string | string[], Partial<RequestDirectives>][] = [
    ['max-age=10, max-age=5, max-age=20', { maxAgeSeconds: 5 }],
    [['max-age=10', 'max-age=5'], { maxAgeSeconds: 5 }],
    ['min-fresh=5, min-fresh=9', { minFreshSeconds: 9 }],
    ['max-stale, max-stale=7', { maxStaleSeconds: 7 }],
    ['max-age=soon', { maxAgeSeconds: 0 }],
    ['max-age=-1', { maxAgeSeconds: 0 }],
    ['max-age', { maxAgeSeconds: 0 }],
    ['max-stale=some', { maxStaleSeconds: 0 }],
    ['min-fresh=much', { minFreshSeconds: Infinity }],
    ['unknown="never closed, no-store', { noStore: true }],
    ['no-cache="field"', { noCache: true }],
  ]
  for (const [value, expected] of cases) {
    const read = requestDirectives({ 'cache-control': value })
    t.same(read, { ...NO_DIRECTIVES, ...expected }, String(value))
  }
})

t.test('Pragma counts only where there is no Cache-Control', async (t) => {
  t.same(requestDirectives({}), NO_DIRECTIVES)
  t.same(requestDirectives({ pragma: 'no-cache' }), { ...NO_DIRECTIVES, noCache: true })
  t.same(requestDirectives({ pragma: 'no-store, max-age=5' }), NO_DIRECTIVES)
  t.same(requestDirectives({ pragma: 'no-cache', 'cache-control': '' }), NO_DIRECTIVES)
})

t.test('reads what answers say, over all lines of the header', async (t) => {
  t.same(responseDirectives([]), { noStore: false, isPrivate: false })
  t.same(responseDirectives(['public, max-age=60']), { noStore: false, isPrivate: false })
  t.same(responseDirectives(['max-age=60', 'Private="x"']), { noStore: false, isPrivate: true })
  t.same(responseDirectives(['no-cache, no-store']), { noStore: true, isPrivate: false })
})

t.test('keeps every argument of a directive that is repeated', async (t) => {
  const read = parseCacheControl('a=1, A="2", a')
  t.same([...read], [['a', ['1', '2', undefined]]])
})

t.test('property: never throws, and finds no-store behind any other directives', async () => {
  const unit = fc.constantFrom('max-age', 'no-cache', '=', ',', ';', '"', '\\', ' ', '1', '-', 'é')
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit, maxLength: 30 }))
  fc.assert(
    fc.property(text, (text) => {
      const { maxAgeSeconds = 0, minFreshSeconds = 0 } = requestDirectives({
        'cache-control': text,
      })
      return maxAgeSeconds >= 0 && minFreshSeconds >= 0
    }),
    { numRuns: 2000 },
  )
  const directive = fc.tuple(
    fc.stringMatching(/^[a-z-]{1,8}$/u),
    fc.option(
      fc.oneof(
        fc.nat().map(String),
        fc.string().map((s) => JSON.stringify(s)),
      ),
    ),
  )
  fc.assert(
    fc.property(fc.array(directive), (directives) => {
      const texts = directives.map(([name, value]) => (value === null ? name : `${name}=${value}`))
      return requestDirectives({ 'cache-control': [...texts, 'no-store'].join(', ') }).noStore
    }),
  )
})
