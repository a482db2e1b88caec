import t from 'tap'
import {
  createHttpStore,
  httpBypass,
  lookupHttp,
  mayReplaceFailure,
  type RequestHeaders,
} from '../../../src/cache/index.js'
import { entryOf } from './answers.js'

function found(cacheControl: string, headers: RequestHeaders, nowSeconds: number, age = 0): string {
  const store = createHttpStore({ maxBytes: 1_000_000 })
  const stored = [
    ['cache-control', cacheControl],
    ['etag', '"a"'],
    ['age', String(age)],
  ] as const
  store.set(entryOf({ headers: stored }), {})
  const request = { method: 'GET', target: '/a', headers, hasBody: false }
  const result = lookupHttp(store, request, { nowMs: nowSeconds * 1_000 })
  return result.kind === 'miss' ? `miss: ${result.reason}` : result.kind
}

t.test('fresh, stale, or not wanted', async (t) => {
  const cc = (value: string): RequestHeaders => ({ 'cache-control': value })
  const cases: readonly [string, RequestHeaders, number, string][] = [
    ['max-age=10', {}, 9, 'hit'],
    ['max-age=10', {}, 10, 'miss: stale'],
    ['no-cache, max-age=10', {}, 1, 'miss: stale'],
    ['no-cache="x", max-age=10', {}, 1, 'hit'],
    // What the request says (RFC 9111 §5.2.1)
    ['max-age=10', cc('no-cache'), 1, 'miss: request'],
    ['max-age=10', { pragma: 'no-cache' }, 1, 'miss: request'],
    ['max-age=10', { pragma: 'no-cache', 'cache-control': 'foo' }, 1, 'hit'],
    ['max-age=10', cc('max-age=0'), 0, 'miss: request'],
    ['max-age=10', cc('max-age=5'), 5, 'hit'],
    ['max-age=10', cc('max-age=5'), 6, 'miss: request'],
    ['max-age=10', cc('min-fresh=5'), 5, 'hit'],
    ['max-age=10', cc('min-fresh=5'), 6, 'miss: request'],
    ['max-age=10', cc('max-stale'), 1_000, 'hit'],
    ['max-age=10', cc('max-stale=5'), 15, 'hit'],
    ['max-age=10', cc('max-stale=5'), 16, 'miss: stale'],
    ['max-age=10, must-revalidate', cc('max-stale'), 11, 'miss: stale'],
    ['max-age=10, proxy-revalidate', cc('max-stale'), 11, 'miss: stale'],
    ['s-maxage=10', cc('max-stale'), 11, 'miss: stale'],
    // RFC 5861
    ['max-age=10, stale-while-revalidate=5', {}, 15, 'stale'],
    ['max-age=10, stale-while-revalidate=5', {}, 16, 'miss: stale'],
    ['max-age=10, stale-while-revalidate=5, must-revalidate', {}, 11, 'miss: stale'],
    ['max-age=10, stale-while-revalidate=9', cc('max-stale=1'), 15, 'miss: stale'],
    ['max-age=10, stale-while-revalidate=9', cc('max-age=99'), 15, 'stale'],
  ]
  for (const [stored, request, at, expected] of cases) {
    const name = `${stored} after ${at} s, asked with ${JSON.stringify(request)}`
    t.equal(found(stored, request, at), expected, name)
  }
  t.equal(found('max-age=10', {}, 5, 6), 'miss: stale', 'the age that it came with counts')
})

t.test('what goes past the store', async (t) => {
  const bypass = (method: string, headers: RequestHeaders = {}, hasBody = false) =>
    httpBypass({ method, target: '/a', headers, hasBody })
  t.equal(bypass('GET'), undefined)
  t.equal(bypass('HEAD'), undefined)
  t.equal(bypass('POST'), 'method')
  t.equal(bypass('OPTIONS'), 'method')
  t.equal(bypass('GET', {}, true), 'body')
  t.equal(bypass('GET', { 'if-match': '*' }), 'precondition')
  t.equal(bypass('GET', { 'if-unmodified-since': 'x' }), 'precondition')
  t.equal(bypass('GET', { 'cache-control': 'no-store' }), 'no-store')
  t.equal(bypass('GET', { 'if-none-match': '*', range: 'bytes=0-' }), undefined)
})

t.test('misses: nothing there, or only for others', async (t) => {
  const store = createHttpStore({ maxBytes: 1_000_000 })
  const headers = [
    ['cache-control', 'max-age=10'],
    ['vary', 'Foo'],
  ] as const
  store.set(entryOf({ headers, request: { foo: '1' } }), { foo: '1' })
  const reason = (target: string) => {
    const request = { method: 'GET', target, headers: { foo: '2' }, hasBody: false }
    const result = lookupHttp(store, request, { nowMs: 0 })
    return result.kind === 'miss' ? result.reason : result.kind
  }
  t.equal(reason('/a'), 'vary-miss')
  t.equal(reason('/b'), 'uri-miss')
})

t.test('what a stored answer may stand in for (RFC 9111 §4.2.4, RFC 5861 §4)', async (t) => {
  const may = (stored: string, failure: number | 'disconnected', atSeconds: number): boolean =>
    mayReplaceFailure(
      entryOf({ headers: [['cache-control', stored]] }),
      failure === 'disconnected' ? { kind: failure } : { kind: 'status', status: failure },
      atSeconds * 1_000,
    )
  t.ok(may('max-age=10, stale-if-error=5', 503, 15))
  t.notOk(may('max-age=10, stale-if-error=5', 503, 16))
  for (const status of [500, 502, 503, 504]) t.ok(may('max-age=10, stale-if-error=5', status, 11))
  for (const status of [200, 404, 429, 501, 505]) {
    t.notOk(may('max-age=10, stale-if-error=5', status, 11), String(status))
  }
  t.notOk(may('max-age=10', 503, 10), 'not without being told')
  t.ok(may('max-age=10', 503, 9), 'but a fresh one, if only a younger was wanted')
  t.ok(may('max-age=10', 'disconnected', 11))
  t.notOk(may('max-age=10', 'disconnected', 86_411), 'for a day')
  t.notOk(may('max-age=10, stale-if-error=5', 'disconnected', 16), 'or as long as it says')
  for (const forbids of ['must-revalidate', 'proxy-revalidate', 's-maxage=10', 'no-cache']) {
    t.notOk(may(`max-age=10, stale-if-error=99, ${forbids}`, 'disconnected', 11), forbids)
    t.notOk(may(`max-age=10, stale-if-error=99, ${forbids}`, 503, 11), forbids)
  }
})
