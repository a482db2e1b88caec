import fc from 'fast-check'
import { formatOf, contentTypeFits } from '../../../src/cache/rules/format.js'
import { freshnessOf } from '../../../src/cache/rules/freshness.js'
import {
  parseCacheControl,
  requestDirectives,
  responseDirectives,
} from '../../../src/cache/rules/cache-control.js'
import { cacheStatus } from '../../../src/cache/rules/cache-status.js'
import { acceptsGzip } from '../../../src/cache/stores/compression.js'
import { matchesIfNoneMatch } from '../../../src/cache/rules/conditional.js'
import { strongEtag } from '../../../src/cache/rules/etag.js'
import { storableHeaders } from '../../../src/cache/rules/header-list.js'
import { cacheKey } from '../../../src/cache/rules/key.js'
import { createPrincipals } from '../../../src/cache/rules/principal.js'
import { isStorable } from '../../../src/cache/rules/storable.js'
import { parameterValues, parseTarget } from '../../../src/cache/resources/target.js'
import { invalidationScope } from '../../../src/cache/invalidation/invalidation-scope.js'
import { ensure, headerText, soup, target, type FuzzTarget } from '../target.js'

const targets = soup(
  '/',
  '//',
  '/task',
  '/task/1',
  '/client/',
  '?',
  '&',
  'limit=1',
  'a[]=1',
  '%2F',
  '%2e',
  '%00',
  '..',
  '.',
  '#',
  '%41',
  '%',
  '\\',
  'http://a',
  '*',
  ';',
  '+',
  '%5B',
  'projectid=1,2',
  '=',
  '_x',
)
const directives = soup(
  'no-cache',
  'no-store',
  'max-age=',
  'max-age=1',
  'max-stale',
  'min-fresh=5',
  'only-if-cached',
  'MAX-AGE',
  '="',
  '"',
  's-maxage=9999999999999999999999',
  '-1',
  '1.5',
  'private',
  ', ',
  '\\"',
)
const accepts = soup(
  'application/json',
  'application/xml',
  '*/*',
  'image/',
  ';q=0.5',
  'text/',
  '+json',
)
const tags = soup('"a"', 'W/', '*', '"', '"b"', 'W/"a"', ', ', '-gzip"')
const credentials = soup('Basic ', 'basic', 'Bearer ', 'dG9rZW46WA==', ':', '=', '+/', 'dG9rZW4=')
const headerLists = fc.array(
  fc.tuple(
    fc.constantFrom('content-type', 'vary', 'cache-control', 'content-length', 'connection'),
    fc.oneof(directives, accepts, fc.nat().map(String)),
  ),
  { maxLength: 8 },
)

const secret = Buffer.alloc(32, 3)
const principals = createPrincipals({ secret: () => secret, maxCredentials: 100 })

function checkTarget(raw: string): void {
  const read = parseTarget(raw)
  if (read.kind === 'ambiguous') return
  const { path, query, segments, id } = read
  ensure(path.startsWith('/') && !path.includes('//') && !path.includes('?'), 'a plain path')
  ensure(!segments.some((one) => one === '.' || one === '..' || one === ''), 'no dot segments')
  // An empty query is no query.
  ensure(query.length > 0 === /\?./su.test(raw), 'a query where there was one')
  ensure(id === undefined || /^\d+$/u.test(id), 'an id of digits')
  const again = parseTarget(query.length > 0 ? `${path}?${query.join('&')}` : path)
  ensure(again.kind === 'target', 'the normal form is a target')
  ensure(JSON.stringify([again.path, again.query]) === JSON.stringify([path, query]), 'and normal')
  parameterValues(read, 'limit')
  for (const method of ['PUT', 'BREW'])
    ensure(invalidationScope(method, read) !== undefined, 'a scope')
}

export const CACHE_TARGETS: readonly FuzzTarget[] = [
  target('request-target', targets, checkTarget),
  target('request-target, any text', fc.string({ unit: 'binary' }), (text) =>
    checkTarget(`/${text}`),
  ),
  target('Cache-Control of requests', directives, (value) => {
    const read = requestDirectives({ 'cache-control': value })
    for (const seconds of [read.maxAgeSeconds, read.minFreshSeconds, read.maxStaleSeconds]) {
      ensure(
        seconds === undefined || seconds === Infinity || (seconds >= 0 && seconds <= 2 ** 31),
        'bounds',
      )
    }
    const times = { storedAtMs: 0, freshUntilMs: 1_000, staleUntilMs: 2_000 }
    const nowMs = 1_500
    ensure(
      freshnessOf({ times, staleWhileRevalidateMs: 1_000, directives: read, nowMs }) !== 'fresh',
      'a stale one is not fresh',
    )
    const stricter = requestDirectives({ 'cache-control': `no-store, no-cache, ${value}` })
    ensure(stricter.noCache && stricter.noStore, 'nothing behind it hides a directive')
  }),
  target('Cache-Control of answers', directives, (value) => {
    ensure(responseDirectives(['no-store', value]).noStore, 'no-store stands')
    for (const [name, texts] of parseCacheControl(value)) {
      ensure(name === name.toLowerCase() && texts.length > 0, 'names in lower case')
    }
  }),
  target('Pragma', directives, (pragma) => {
    ensure(!requestDirectives({ pragma }).noStore, 'it knows no-cache only')
  }),
  target('Accept', accepts, (accept) => {
    const format = formatOf(accept)
    ensure(format !== 'absent', 'it is there')
    if (format.startsWith('other:')) ensure(format === `other:${accept}`, 'kept whole')
    if (format === 'json') ensure(!contentTypeFits(format, 'application/xml'), 'json is not xml')
    if (format === 'image') ensure(!contentTypeFits(format, 'image/png'), 'pictures are not stored')
  }),
  target('Content-Type', accepts, (type) => {
    ensure(!(contentTypeFits('json', type) && contentTypeFits('xml', type)), 'one of both at most')
  }),
  target('If-None-Match', tags, (list) => {
    const etag = '"a"'
    const isMatch = matchesIfNoneMatch(list, etag)
    ensure(!isMatch || list.includes(etag) || list.trim() === '*', 'only what is there matches')
    const isOpen = (list.match(/"/gu)?.length ?? 0) % 2 === 1
    ensure(isOpen || matchesIfNoneMatch(`${list}, W/${etag}`, etag), 'found behind anything closed')
  }),
  target(
    'Accept-Encoding',
    soup('gzip', 'x-gzip', '*', ';q=0', ';q=1', 'br', 'identity', ', '),
    (text) => {
      const lower = text.toLowerCase()
      ensure(
        !acceptsGzip(text) || lower.includes('gzip') || lower.includes('*'),
        'only if it is named',
      )
    },
  ),
  target('Authorization', credentials, (value) => {
    const { id, shortHash } = principals.of(value)
    ensure(/^[\da-f]{64}$/u.test(id) && id.startsWith(shortHash), 'a hash')
    ensure(createPrincipals({ secret: () => secret }).of(value).id === id, 'the same again')
  }),
  target(
    'Basic credentials',
    fc.tuple(fc.stringMatching(/^[a-z0-9]{1,20}$/u), fc.string(), fc.string()),
    ([token, one, other]) => {
      const of = (password: string): string =>
        principals.of(`Basic ${Buffer.from(`${token}:${password}`).toString('base64')}`).id
      ensure(of(one) === of(other), 'the password does not count')
      ensure(!of(one).includes(token) || token.length < 6, 'the token is not in it')
    },
  ),
  target('headers to store', headerLists, (headers) => {
    const kept = storableHeaders(headers)
    const again = storableHeaders(kept)
    ensure(
      again.length === kept.length &&
        kept.every(([name, value]) =>
          headers.some((pair) => pair[0] === name && pair[1] === value),
        ),
      'a part of them',
    )
    const verdict = isStorable({
      status: 200,
      headers,
      format: 'json',
      share: 'credential',
      body: Buffer.from('{""}}'),
      upstreamDirectives: 'ignore',
      keyedFields: [],
      maxEntryBytes: 10,
      complete: true,
    })
    const lengths = headers.filter(([name]) => name === 'content-length').map(([, text]) => text)
    ensure(!verdict.storable || lengths.every((text) => Number(text) === 5), 'the length fits')
    ensure(/^"[\w-]{27}"$/u.test(strongEtag(headers, Buffer.from('x'))), 'a strong tag')
  }),
  target(
    'cache key',
    fc.tuple(fc.string(), accepts, targets, targets),
    ([account, accept, one, other]) => {
      const parts = [parseTarget(one), parseTarget(other)]
      const [first, second] = parts.map((read) => {
        if (read.kind === 'ambiguous') return undefined
        const principal = principals.of('Basic x')
        return cacheKey({
          account,
          principal,
          share: 'credential',
          format: formatOf(accept),
          target: read,
        })
      })
      const isSame = JSON.stringify(parts[0]) === JSON.stringify(parts[1])
      ensure(
        first === undefined || isSame === (first === second),
        'equal keys for equal targets only',
      )
    },
  ),
  target('Cache-Status', fc.string({ unit: 'binary' }), (detail) => {
    const value = cacheStatus('hit', { detail })
    ensure(/^[\u0020-\u007e]*$/u.test(value) && headerText(value) === value, 'a header value')
    const outside = value.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '')
    ensure(!outside.includes('"'), 'quotes are closed')
  }),
]
