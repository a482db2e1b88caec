import t from 'tap'
import { cachePolicy, lifetimeOf, type HeaderList } from '../../../src/cache/index.js'
import { targetedDirectives } from '../../../src/cache/rfc9111/targeted.js'
import { NOW_MS } from './answers.js'

t.test('a targeted field is a Dictionary; one that is not is ignored', async (t) => {
  const read = (...values: string[]) => {
    const directives = targetedDirectives(values)
    return directives && Object.fromEntries([...directives].map(([name, [value]]) => [name, value]))
  }
  t.strictSame(read('max-age=60'), { 'max-age': '60' })
  t.strictSame(read('no-store , max-age=60;a;b="c"'), { 'no-store': undefined, 'max-age': '60' })
  t.strictSame(read('max-age=1', 'max-age=2'), { 'max-age': '2' }, 'the last one counts')
  t.strictSame(read('private=?0, public=?1'), { public: undefined }, 'false: it does not apply')
  t.strictSame(read('no-cache="a, \\"b"'), { 'no-cache': 'a, "b' })
  t.strictSame(read('max-age=-1'), { 'max-age': '-1' })
  for (const other of ['"60"', '6.5', 'a60', ':YQ==:', '(1 2;a "x")', '()', '@60', '%"a"']) {
    t.strictSame(read(`max-age=${other}, x`), { 'max-age': null, x: undefined }, other)
  }
  const malformed = ['', ' ', ',', 'max-age=60,', 'max-age =60', 'max-age= 60', 'Max-Age=60', 'a b']
  malformed.push('max-age=60, &&&', 'max-age=', '1=a', 'a="b', 'a=(1', `a=${'1'.repeat(16)}`, 'a=ä')
  for (const text of malformed) t.equal(read(text), undefined, text)
})

t.test('it counts instead of Cache-Control, Expires and Pragma', async (t) => {
  const at = (seconds: number): string => new Date(NOW_MS + seconds * 1_000).toUTCString()
  const seconds = (headers: HeaderList, field?: string): number => {
    const policy = cachePolicy(headers, field)
    const arrival = { receivedAtWallMs: NOW_MS, delayMs: 0 }
    return lifetimeOf({ status: 200, headers, policy }, arrival).lifetimeMs / 1_000
  }
  const headers = (targeted: string, control = 'max-age=9'): HeaderList => [
    ['Cache-Control', control],
    ['CDN-Cache-Control', targeted],
    ['expires', at(99)],
    ['pragma', 'no-cache'],
  ]
  t.equal(seconds(headers('max-age=60'), 'cdn-cache-control'), 60)
  t.equal(seconds(headers('max-age=60')), 9, 'for those it is not addressed to, it says nothing')
  t.equal(seconds(headers('max-age=1'), 'cdn-cache-control'), 1)
  t.equal(seconds(headers('max-age="60"'), 'cdn-cache-control'), 0, 'of another type')
  t.equal(seconds(headers('max-age=-1'), 'cdn-cache-control'), 0)
  t.equal(seconds(headers('no-transform'), 'cdn-cache-control'), 0, 'Expires does not count')
  t.equal(seconds(headers('max-age=60, &'), 'cdn-cache-control'), 9, 'malformed')
  const policy = cachePolicy(headers('max-age=60', 'no-store, private'), 'cdn-cache-control')
  t.match(policy, { noStore: false, isPrivate: false, noCache: false, isTargeted: true })
  t.match(cachePolicy(headers('no-store'), 'cdn-cache-control'), { noStore: true })
})
