import fc from 'fast-check'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { invalidHead } from '../../../src/upstream/response-check.js'
import { apiCodeOf } from '../../../src/upstream/api-code.js'
import { bodyText } from '../../../src/upstream/body-text.js'
import { DayClock } from '../../../src/limits/ledger/day-clock.js'
import { parseQuota } from '../../../src/limits/quota-response.js'
import { findRefusal, isFromGateway } from '../../../src/upstream/refusal.js'
import { parseRetryAfter, retryAfterSeconds } from '../../../src/http/retry-after.js'
import { ensure, soup, target, type FuzzTarget } from '../target.js'

const bodies = fc.oneof(
  soup(
    '{"error":',
    '{',
    '}',
    '"code":',
    '"12"',
    '12',
    '"message":"',
    'too fast',
    '"verbose"',
    '"',
    '<error>',
    '<code>',
    '12</code>',
    '</error>',
    '<message>',
    '<verbose>',
    'code="11"',
    '<',
    '[',
  ),
  fc.json(),
)
const quotas = soup(
  '{"quota":',
  '"quota"',
  ':',
  '"6000"',
  '6000',
  '"used"',
  '<quota>',
  '<used>',
  '91',
  '<',
)
const retryAfters = soup(
  '120',
  'Wed, 21 Oct 2099 07:28:00 GMT',
  'Jan',
  '-1',
  '1e9',
  '2099',
  ' GMT',
  '.5',
)
const clock = { bootId: null, monotonicMs: () => 1_000, wallMs: () => Date.UTC(2026, 0) }

export const LIMITS_TARGETS: readonly FuzzTarget[] = [
  target('error bodies', bodies, (body) => {
    const code = apiCodeOf(body, [11, 12])
    ensure(code === undefined || code === 11 || code === 12, 'one of the candidates')
    ensure(apiCodeOf(body, []) === undefined, 'none of none')
  }),
  target(
    'refusals',
    fc.tuple(fc.constantFrom(200, 400, 402, 418, 429, 503), bodies),
    ([status, body]) => {
      const found = findRefusal({ status, body, retryAfterMs: undefined, account: 'a' })
      const isError = /"error"|<error/i.test(body)
      ensure(status !== 200 || isError || found === undefined, 'a success is no refusal')
      isFromGateway(body)
      ensure(status !== 429 || found !== undefined, '429 always is one')
    },
  ),
  target('Retry-After', retryAfters, (value) => {
    const waitMs = parseRetryAfter(value, clock.wallMs())
    ensure(waitMs === undefined || (Number.isFinite(waitMs) && waitMs >= 0), 'a time from now')
    ensure(waitMs === undefined || retryAfterSeconds(waitMs) >= 1, 'a second at least')
  }),
  target('/quota/', quotas, (body) => {
    const found = parseQuota(body)
    if (found === undefined) return
    ensure(Number.isSafeInteger(found.max) && found.max >= 1, 'a limit')
    ensure(Number.isSafeInteger(found.used) && found.used >= 0, 'a count')
  }),
  target(
    'Date',
    soup('Mon, 23 Nov 2026 10:00:00 GMT', '275760', '-271821', 'Nov', '1e400', 'GMT', '0'),
    (text) => {
      const day = new DayClock({ clock, restored: undefined, onSet: () => {} })
      day.observe(Date.parse(text), 990)
      for (const atMs of day.readings()) {
        ensure(new Date(atMs + 86_400_000).getUTCFullYear() < 10_000, 'a day, and one after it')
      }
    },
  ),
  target(
    'encoded bodies',
    fc.tuple(
      fc.constantFrom('gzip', 'br', 'deflate', 'x-gzip', 'zstd', undefined),
      fc.oneof(
        fc.uint8Array(),
        fc.string().map((text) => gzipSync(text)),
        fc.string().map((text) => deflateSync(text)),
      ),
      fc.nat(),
    ),
    ([encoding, bytes, flip]) => {
      const body = Buffer.from(bytes)
      if (body.length > 0) body[flip % body.length] = flip & 255
      const text = bodyText(body, encoding, 100)
      ensure(
        encoding === undefined || encoding === 'zstd' || text.length <= 100,
        'within its bound',
      )
    },
    4,
  ),
  target(
    'bombs',
    fc.integer({ min: 200, max: 20_000 }),
    (length) => {
      const plain = Buffer.alloc(length)
      for (const [encoding, pack] of [
        ['gzip', gzipSync],
        ['br', brotliCompressSync],
        ['deflate', deflateSync],
      ] as const) {
        ensure(bodyText(pack(plain), encoding, 100) === '', 'more than its bound is nothing')
      }
    },
    20,
  ),
  target(
    'status and transfer coding',
    fc.tuple(fc.nat({ max: 1_100 }), soup('chunked', 'gzip', ', ')),
    ([status, coding]) => {
      const objection = invalidHead(status, { 'transfer-encoding': coding })
      ensure(
        objection !== undefined || (status >= 100 && status <= 599 && status !== 101),
        'a status',
      )
    },
  ),
]
