import t from 'tap'
import {
  cachePolicy,
  httpUnstorable,
  lifetimeOf,
  type HeaderList,
} from '../../../src/cache/index.js'
import { NOW_MS } from './answers.js'

interface Answer {
  readonly status?: number
  readonly headers?: HeaderList
  readonly isAuthorized?: boolean
  readonly isSelectable?: boolean
  readonly isSameRange?: boolean
}

function objection(answer: Answer) {
  const { status = 200, headers = [], isAuthorized = false, isSelectable = true } = answer
  const policy = cachePolicy(headers)
  const arrival = { receivedAtWallMs: NOW_MS, delayMs: 0 }
  const lifetime = lifetimeOf({ status, headers, policy }, arrival)
  const isSameRange = answer.isSameRange ?? false
  return httpUnstorable({
    status,
    headers,
    policy,
    lifetime,
    isAuthorized,
    isSelectable,
    isSameRange,
  })
}

const cc = (value: string): HeaderList => [['cache-control', value]]
const modified: HeaderList = [['last-modified', 'Wed, 01 Jan 2020 00:00:00 GMT']]

t.test('what a shared cache may store, and why not', async (t) => {
  const cases: readonly [string, Answer, ReturnType<typeof objection>][] = [
    ['fresh', { headers: cc('max-age=9') }, undefined],
    ['stale at once, with a tag', { headers: [['etag', '"a"'], ...cc('no-cache')] }, undefined],
    ['nothing that is of use', {}, 'no-freshness'],
    ['stale at once', { headers: cc('max-age=0') }, 'no-freshness'],
    ['no-store', { headers: cc('no-store, max-age=9') }, 'no-store'],
    ['private', { headers: cc('private, max-age=9') }, 'private'],
    ['private fields only', { headers: cc('private="a", max-age=9') }, undefined],
    [
      'must-understand, understood',
      { headers: cc('no-store, must-understand, max-age=9') },
      undefined,
    ],
    [
      'must-understand, not understood',
      { status: 599, headers: cc('must-understand, max-age=9') },
      'not-understood',
    ],
    [
      'an unknown status that says for how long',
      { status: 599, headers: cc('max-age=9') },
      undefined,
    ],
    ['an unknown status that does not', { status: 599, headers: modified }, 'status'],
    ['a known one, by a guess', { status: 404, headers: modified }, undefined],
    ['not by a guess', { status: 403, headers: modified }, 'status'],
    ['304', { status: 304, headers: cc('max-age=9') }, 'status'],
    ['206, some other part', { status: 206, headers: cc('max-age=9') }, 'partial'],
    ['206, the part', { status: 206, headers: cc('max-age=9'), isSameRange: true }, undefined],
    ['206, by a guess', { status: 206, headers: modified, isSameRange: true }, 'partial'],
    ['Vary: *', { headers: cc('max-age=9'), isSelectable: false }, 'vary'],
    [
      'a cookie that says for how long',
      { headers: [['set-cookie', 'a=b'], ...cc('max-age=9')] },
      undefined,
    ],
    ['a cookie, by a guess', { headers: [['set-cookie', 'a=b'], ...modified] }, 'set-cookie'],
  ]
  for (const [name, answer, expected] of cases) t.equal(objection(answer), expected, name)
})

t.test(
  'an answer to credentials only if it says that it is for others (RFC 9111 §3.5)',
  async (t) => {
    const cases: readonly [string, boolean][] = [
      ['max-age=9', false],
      ['max-age=9, proxy-revalidate', false],
      ['max-age=9, public', true],
      ['max-age=9, must-revalidate', true],
      ['s-maxage=9', true],
      ['s-maxage=9, no-store', false],
      ['s-maxage=9, private', false],
    ]
    for (const [value, isStored] of cases) {
      t.equal(objection({ headers: cc(value), isAuthorized: true }) === undefined, isStored, value)
    }
    t.equal(objection({ headers: modified, isAuthorized: true }), 'authorization')
  },
)
