import fc from 'fast-check'
import { isKnownToClient } from '../../../src/cache/rfc9111/conditional.js'
import { cachePolicy, parseDirectives, splitList } from '../../../src/cache/rfc9111/directives.js'
import { initialAgeMs, lifetimeOf } from '../../../src/cache/rfc9111/freshness.js'
import { httpDate, parseHttpDate } from '../../../src/http/http-date.js'
import { outdatedTargets } from '../../../src/cache/rfc9111/invalidation.js'
import { partOf } from '../../../src/cache/rfc9111/range.js'
import { httpUnstorable } from '../../../src/cache/rfc9111/storability.js'
import { uriOf } from '../../../src/cache/rfc9111/target-key.js'
import { isSelectedBy, selectingOf } from '../../../src/cache/rfc9111/vary.js'
import { parseTarget } from '../../../src/cache/resources/target.js'
import { ensure, soup, target, type FuzzTarget } from '../target.js'

/** A percent sign before what only becomes an escape with it. */
const STRAY = /%(?![\da-f]{2})/iu
const NOW_MS = Date.UTC(2026, 10, 23)
const arrival = { receivedAtWallMs: NOW_MS, delayMs: 5 }

const directives = soup(
  'max-age=60',
  's-maxage=',
  'no-store',
  'private="a, b"',
  'no-cache',
  '="set-cookie"',
  '"',
  ', ',
  'must-understand',
  'stale-if-error=5',
  'public',
  '-1',
  '99999999999999999999',
  'MAX-AGE=1',
)
const dates = soup(
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  'Sun, ',
  '29 Feb ',
  '2023',
  '24:00:00',
  '23:59:60',
  ' GMT',
  '0',
  '-1',
  'Nov',
  '99999',
)
const ranges = soup('bytes=', '0-', '-5', '0-4', '5-1', ',', 'BYTES=', '99999999999999999999', 'x=')
const varies = soup('accept', 'accept-encoding', 'Accept-Language', '*', ', ', 'x-a', '"')
const fields = soup('gzip', ';q=0.5', ' = ', 'br', ', ', 'en', '"a, b"', ' ; ')

const entry = {
  status: 200,
  body: Buffer.from('0123456789'),
  etag: '"a"',
  lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT',
  dateMs: NOW_MS,
} as Parameters<typeof partOf>[0]

export const HTTP_PROFILE_TARGETS: readonly FuzzTarget[] = [
  target('http: Cache-Control', directives, (value) => {
    const policy = cachePolicy([['cache-control', value]])
    const numbers = [
      policy.sMaxAgeSeconds ?? 0,
      policy.maxAgeSeconds ?? 0,
      policy.staleIfErrorSeconds,
      policy.staleWhileRevalidateSeconds,
    ]
    ensure(
      numbers.every((one) => Number.isInteger(one) && one >= 0 && one <= 2 ** 31),
      'bounds',
    )
    ensure(
      cachePolicy([
        ['cache-control', 'no-store'],
        ['cache-control', value],
      ]).noStore,
      'it stands',
    )
    for (const name of parseDirectives(value).keys()) ensure(name !== '', 'named')
  }),
  target('http: lists', fields, (value) => {
    const members = splitList(value)
    ensure(
      members.every((one) => one !== '' && one === one.trim()),
      'trimmed, and none empty',
    )
    const isOpen = (value.match(/"/gu)?.length ?? 0) % 2 === 1 || value.includes('\\')
    ensure(
      isOpen || splitList(members.join(', ')).length === members.length,
      'joined and split again',
    )
  }),
  target('http: dates', dates, (text) => {
    const atMs = parseHttpDate(text, NOW_MS)
    ensure(atMs === undefined || Number.isSafeInteger(atMs), 'a number or nothing')
  }),
  target('http: dates, there and back', fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
    ensure(parseHttpDate(httpDate(seconds * 1_000), NOW_MS) === seconds * 1_000, 'the same again')
  }),
  target(
    'http: Expires, Date, Age, Last-Modified',
    fc.array(
      fc.tuple(
        fc.constantFrom('expires', 'date', 'age', 'last-modified', 'pragma', 'etag'),
        fc.oneof(dates, directives),
      ),
      { maxLength: 5 },
    ),
    (headers) => {
      const policy = cachePolicy(headers)
      const lifetime = lifetimeOf({ status: 200, headers, policy }, arrival)
      ensure(Number.isFinite(lifetime.lifetimeMs), 'a finite lifetime')
      const ageMs = initialAgeMs(headers, arrival)
      ensure(Number.isFinite(ageMs) && ageMs >= arrival.delayMs, 'an age of its own delay at least')
      httpUnstorable({
        status: 200,
        headers,
        policy,
        lifetime,
        isAuthorized: true,
        isSelectable: true,
      })
    },
  ),
  target(
    'http: Range, If-Range',
    fc.tuple(ranges, fc.option(soup('"a"', 'W/', entry.lastModified ?? ''))),
    ([range, ifRange]) => {
      const part = partOf(entry, { range, ...(ifRange !== null && { 'if-range': ifRange }) })
      if (part.kind !== 'part') return
      const { start, end } = part
      ensure(Number.isInteger(start) && Number.isInteger(end), 'whole bytes')
      ensure(start >= 0 && start <= end && end < entry.body.length, 'within the body')
    },
  ),
  target(
    'http: conditions',
    fc.tuple(soup('"a"', 'W/"a"', '*', ', ', '"'), dates),
    ([tags, since]) => {
      const known = isKnownToClient(
        entry,
        { 'if-none-match': tags, 'if-modified-since': since },
        NOW_MS,
      )
      ensure(!known || tags.includes('"a"') || tags.trim() === '*', 'only by its tag')
      isKnownToClient(entry, { 'if-modified-since': since }, NOW_MS)
    },
  ),
  target('http: Vary', fc.tuple(varies, fields, fields), ([vary, one, other]) => {
    const request = { accept: one, 'accept-encoding': one, 'accept-language': other, 'x-a': other }
    const selecting = selectingOf([vary], request)
    if (selecting === undefined) return
    ensure(isSelectedBy(selecting, request), 'the request itself is selected')
    const swapped = { ...request, 'x-a': `${other}x` }
    const counts = splitList(vary.toLowerCase()).includes('x-a')
    ensure(!counts || !isSelectedBy(selecting, swapped), 'another is not')
  }),
  target(
    'http: Location',
    soup('http://a', 'https://up/', '/', '//', '..', '?', '\\', '%', ':', '@'),
    (value) => {
      const upstreamUrl = 'https://up/base/'
      const found = outdatedTargets({
        target: '/task/1',
        headers: [['location', value]],
        upstreamUrl,
        host: 'proxy:8080',
      })
      ensure(found.includes('/task/1') && found.every((one) => one.startsWith('/')), 'targets')
      for (const one of found)
        ensure(STRAY.test(one) || uriOf(uriOf(one)) === uriOf(one), 'a normal form')
    },
  ),
  target('http: unsafe targets', soup('/', 'task', '?a=1', '%2f', '[', ':', '@', '%'), (text) => {
    const rawTarget = `/${text}`
    if (parseTarget(rawTarget).kind === 'ambiguous') return
    outdatedTargets({
      target: rawTarget,
      headers: [['location', 'x']],
      upstreamUrl: 'https://up',
      host: undefined,
    })
  }),
]
