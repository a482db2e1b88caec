import t from 'tap'
import {
  conditionsOf,
  freshForMs,
  freshened,
  headVerdict,
  isAbout,
  type HeaderList,
} from '../../../src/cache/index.js'
import { entryOf, NOW_MS } from './answers.js'

const arrival = { receivedAtWallMs: NOW_MS + 90_000, delayMs: 0 }
const MODIFIED = 'Wed, 01 Jan 2020 00:00:00 GMT'

t.test('what is sent to ask whether it still holds', async (t) => {
  const conditions = (headers: HeaderList, status = 200) =>
    conditionsOf(entryOf({ headers, status }))
  t.strictSame(conditions([['etag', 'W/"a"']]), { 'if-none-match': 'W/"a"' })
  t.strictSame(conditions([['last-modified', MODIFIED]]), { 'if-modified-since': MODIFIED })
  t.strictSame(
    conditions([
      ['etag', '"a"'],
      ['last-modified', MODIFIED],
    ]),
    { 'if-none-match': '"a"', 'if-modified-since': MODIFIED },
  )
  t.equal(conditions([]), undefined)
  t.equal(conditions([['etag', '"a"']], 206), undefined, 'a part is fetched again')
})

t.test('whose 304 it is: one without a tag answers the tag that was sent', async (t) => {
  const cases: readonly [string, string | undefined, string | undefined, boolean][] = [
    ['without a tag', '"a"', undefined, true],
    ['the same', '"a"', '"a"', true],
    ['the weak form', '"a"', 'W/"a"', true],
    ['another', '"a"', '"b"', false],
    ['one where there was none', undefined, '"b"', true],
  ]
  for (const [name, stored, received, expected] of cases) {
    const entry = entryOf({ headers: stored === undefined ? [] : [['etag', stored]] })
    t.equal(isAbout(entry, received === undefined ? [] : [['etag', received]]), expected, name)
  }
})

t.test('a 304 renews the entry; what describes the bytes stays (RFC 9111 §3.2)', async (t) => {
  const entry = entryOf({
    headers: [
      ['cache-control', 'max-age=1'],
      ['date', new Date(NOW_MS).toUTCString()],
      ['etag', '"a"'],
      ['content-encoding', 'br'],
      ['content-type', 'text/plain'],
      ['x-kept', '1'],
      ['x-new', '1'],
      ['x-new', '2'],
    ],
  })
  const fresh = freshened(entry, {
    headers: [
      ['cache-control', 'max-age=60'],
      ['content-length', '0'],
      ['content-encoding', 'gzip'],
      ['content-range', 'bytes 0-1/2'],
      ['x-new', '3'],
    ],
    arrival,
    receivedAtMs: 90_000,
  })
  t.strictSame(
    fresh.headers.filter(([name]) => name !== 'date').toSorted(([a], [b]) => a.localeCompare(b)),
    [
      ['cache-control', 'max-age=60'],
      ['content-encoding', 'br'],
      ['content-type', 'text/plain'],
      ['etag', '"a"'],
      ['x-kept', '1'],
      ['x-new', '3'],
    ],
  )
  t.equal(fresh.body.toString(), 'body')
  t.equal(freshForMs(fresh, 90_000), 60_000, 'its age counts from the 304, which has no Date')
  t.equal(freshForMs(entry, 90_000), 1_000 - 90_000, 'the old one is as it was')
})

t.test('what HEAD says of a stored answer (RFC 9111 §4.3.5)', async (t) => {
  const entry = entryOf({
    headers: [
      ['etag', '"a"'],
      ['last-modified', MODIFIED],
    ],
  })
  const cases: readonly [string, HeaderList, string][] = [
    ['the same tag', [['etag', '"a"']], 'same'],
    ['the same length', [['content-length', '4']], 'same'],
    [
      'all the same',
      [
        ['etag', '"a"'],
        ['last-modified', MODIFIED],
        ['content-length', '4'],
      ],
      'same',
    ],
    [
      'another tag',
      [
        ['etag', '"b"'],
        ['content-length', '4'],
      ],
      'other',
    ],
    [
      'another length',
      [
        ['etag', '"a"'],
        ['content-length', '5'],
      ],
      'other',
    ],
    ['nothing to go by', [['x', 'y']], 'other'],
  ]
  for (const [name, headers, expected] of cases)
    t.equal(headVerdict(entry, headers), expected, name)
})
