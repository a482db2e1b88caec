import t from 'tap'
import { ageMs, freshForMs, type HeaderList } from '../../../src/cache/index.js'
import { entryOf, NOW_MS } from './answers.js'

const at = (seconds: number): string => new Date(NOW_MS + seconds * 1_000).toUTCString()
const fresh = (...headers: HeaderList): number => freshForMs(entryOf({ headers }), 0) / 1_000

t.test('how long an answer is fresh, seconds', async (t) => {
  const cases: readonly [string, HeaderList, number][] = [
    ['s-maxage before max-age', [['cache-control', 'max-age=1, s-maxage=9']], 9],
    ['and the other way round', [['cache-control', 's-maxage=1, max-age=9']], 1],
    [
      'max-age before Expires',
      [
        ['cache-control', 'max-age=9'],
        ['expires', at(-99)],
      ],
      9,
    ],
    [
      'max-age=0 before Expires',
      [
        ['cache-control', 'max-age=0'],
        ['expires', at(99)],
      ],
      0,
    ],
    [
      'Expires after Date',
      [
        ['date', at(0)],
        ['expires', at(50)],
      ],
      50,
    ],
    ['Expires without Date', [['expires', at(50)]], 50],
    [
      'Expires with a Date that is none',
      [
        ['date', 'foo'],
        ['expires', at(50)],
      ],
      50,
    ],
    [
      'Expires: 0',
      [
        ['expires', '0'],
        ['last-modified', at(-9_000)],
      ],
      0,
    ],
    [
      'Expires twice the same',
      [
        ['expires', at(50)],
        ['expires', at(50)],
      ],
      50,
    ],
    [
      'Expires twice',
      [
        ['expires', at(50)],
        ['expires', at(60)],
      ],
      0,
    ],
    [
      'Expires before a Date ahead',
      [
        ['date', at(400)],
        ['expires', at(300)],
      ],
      -100,
    ],
    [
      'both ahead',
      [
        ['date', at(10)],
        ['expires', at(30)],
      ],
      20,
    ],
    ['a tenth since Last-Modified', [['last-modified', at(-1_000)]], 100],
    ['a day at most', [['last-modified', at(-99_999_999)]], 86_400],
    ['modified in the future', [['last-modified', at(1_000)]], 0],
    ['no date', [['last-modified', 'yesterday']], 0],
    ['nothing', [], 0],
  ]
  for (const [name, headers, seconds] of cases) t.equal(fresh(...headers), seconds, name)
})

t.test('a guess only where the status, or public, allows one', async (t) => {
  const guess = (status: number, headers: HeaderList = []): number =>
    freshForMs(entryOf({ status, headers: [['last-modified', at(-1_000)], ...headers] }), 0)
  for (const status of [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]) {
    t.equal(guess(status), 100_000, `${status}`)
  }
  for (const status of [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599]) {
    t.equal(guess(status), 0, `${status}`)
    t.equal(guess(status, [['cache-control', 'public']]), 100_000, `${status}, public`)
  }
})

t.test('how old it is when it comes, seconds (RFC 9111 §4.2.3, §5.1)', async (t) => {
  const cases: readonly [string, readonly string[], number][] = [
    ['none', [], 0],
    ['a number', ['30'], 30],
    ['more than 2^31', ['99999999999'], 2 ** 31],
    ['no number', ['abc'], 0],
    ['negative', ['-7200'], 0],
    ['a fraction', ['7200.0'], 0],
    ['a parameter', ['7200;foo=bar'], 0],
    ['the first of a list', ['7200, 0'], 7200],
    ['the first of a list, again', ['0, 7200'], 0],
    ['the first of two lines', ['7200', '0'], 7200],
    ['the first of two lines, again', ['0', '7200'], 0],
  ]
  for (const [name, ages, seconds] of cases) {
    const headers = ages.map((age) => ['age', age] as const)
    t.equal(ageMs(entryOf({ headers }), 0) / 1_000, seconds, name)
  }
  const late = entryOf({ headers: [['age', '10']], delayMs: 4_000 })
  t.equal(ageMs(late, 0), 14_000, 'what the answer took is added')
  const old = entryOf({
    headers: [
      ['age', '10'],
      ['date', at(-7_200)],
    ],
    delayMs: 4_000,
  })
  t.equal(ageMs(old, 0), 7_200_000, 'an old Date speaks as well')
  const ahead = entryOf({ headers: [['date', at(500)]] })
  t.equal(ageMs(ahead, 0), 0, 'a Date ahead does not')
})

t.test('age grows with the clock that nobody sets, and not backwards', async (t) => {
  const entry = entryOf({ headers: [['cache-control', 'max-age=60']], receivedAtMs: 1_000 })
  t.equal(ageMs(entry, 31_000), 30_000)
  t.equal(freshForMs(entry, 31_000), 30_000)
  t.equal(freshForMs(entry, 61_000), 0, 'at its end it is stale')
  t.equal(ageMs(entry, 0), 0)
})
