import * as fc from 'fast-check'
import t from 'tap'
import { cachePolicy, splitList, type CachePolicy } from '../../../src/cache/index.js'

const policyOf = (...lines: string[]): CachePolicy =>
  cachePolicy(lines.map((line) => ['Cache-Control', line] as const))

t.test('freshness: numbers only, the same everywhere, and no more than 2^31', async (t) => {
  const cases: readonly [string, number | undefined][] = [
    ['max-age=3600', 3600],
    ['MaX-aGe=3600', 3600],
    ['max-age=003600', 3600],
    ['max-age="3600"', 3600],
    ['foobar, max-age=3600', 3600],
    [',,max-age=3600,,', 3600],
    ['max-age=2147483649', 2 ** 31],
    ['max-age=99999999999', 2 ** 31],
    ['max-age=3600, max-age=3600', 3600],
    ['extension="max-age=3600", max-age=1', 1],
    ['max-age=1, extension="max-age=3600"', 1],
    [String.raw`extension="a\", max-age=3600", max-age=1`, 1],
    // Malformed, or several that differ: stale.
    ['max-age=1800, max-age=1', 0],
    ['max-age=1, max-age=1800', 0],
    ['max-age', 0],
    ['max-age=', 0],
    ['max-age =3600', 0],
    ['max-age= 3600', 0],
    ["max-age='3600'", 0],
    ['max-age=3600.0', 0],
    ['max-age=-3600', 0],
    ['max-age=a3600', 0],
    ['max-age=3600a', 0],
    ['max-age=3600;b', 0],
    ['max-age="3600', 0],
    ['xmax-age=3600', undefined],
    ['', undefined],
  ]
  for (const [line, seconds] of cases) t.equal(policyOf(line).maxAgeSeconds, seconds, line)
  t.equal(policyOf('max-age=1800', 'max-age=1').maxAgeSeconds, 0, 'on two lines')
  t.equal(policyOf('max-age=1', 's-maxage=9').sMaxAgeSeconds, 9)
  t.equal(policyOf('stale-if-error=x').staleIfErrorSeconds, 0)
})

t.test('what forbids counts even where it is malformed', async (t) => {
  for (const line of [
    'no-store',
    'No-StOrE',
    'no-store=1',
    'no-store;x',
    'no-store x',
    'a="b, no-store',
    'max-age=1,no-store',
    ' no-store ',
  ]) {
    t.ok(policyOf(line).noStore, line)
  }
  t.notOk(policyOf('a="no-store"').noStore, 'in quotes it is a text')
  t.notOk(policyOf('no-storex').noStore)
})

t.test('no-cache and private, for the whole or for named fields', async (t) => {
  t.match(policyOf('no-cache, private'), { noCache: true, isPrivate: true })
  const named = policyOf('no-cache="Set-Cookie, b", private=c, max-age=1')
  t.match(named, { noCache: false, isPrivate: false })
  t.strictSame([...named.unstoredFields], ['set-cookie', 'b', 'c'])
  t.ok(policyOf('private="a", private').isPrivate, 'the unqualified one wins')
  for (const line of ['private=""', 'private="a b"', 'private=', 'private=";"', 'private="a']) {
    t.ok(policyOf(line).isPrivate, `${line}: names nothing, so it means everything`)
  }
})

t.test('Pragma counts only without Cache-Control', async (t) => {
  t.ok(cachePolicy([['pragma', 'no-cache']]).noCache)
  t.notOk(
    cachePolicy([
      ['pragma', 'no-cache'],
      ['cache-control', 'max-age=1'],
    ]).noCache,
  )
})

t.test('no text throws or hides a ban', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '=', ' ', 'é', '\u0000') })
  fc.assert(fc.property(text, (before) => policyOf(`${before},no-store`).noStore))
  fc.assert(fc.property(text, (after) => policyOf(`no-store,${after}`).noStore))
  fc.assert(fc.property(text, (value) => splitList(value).every((one) => one.trim() === one)))
})

t.test('the time to read a list grows with its length only', async (t) => {
  // Quadratic reading would look at 10^10 characters here.
  const hostile = '"' + String.raw`\"`.repeat(100_000)
  t.equal(splitList(hostile).length, 1)
  t.equal(splitList(`${'"a'.repeat(100_001)},b`).at(-1), 'b')
})
