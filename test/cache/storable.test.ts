import t from 'tap'
import {
  isStorable,
  UNSTORABLE_REASONS,
  type CandidateResponse,
  type HeaderList,
  type UnstorableReason,
} from '../../src/cache/index.js'

const JSON_TYPE = ['Content-Type', 'application/json'] as const

function response(fields: Partial<CandidateResponse> = {}): CandidateResponse {
  return {
    status: 200,
    headers: [JSON_TYPE],
    format: 'json',
    share: 'credential',
    bodyBytes: 100,
    maxEntryBytes: 1000,
    complete: true,
    ...fields,
  }
}

function withHeaders(...headers: HeaderList): CandidateResponse {
  return response({ headers: [JSON_TYPE, ...headers] })
}

t.test('stores an answer, an absence and a refusal', async (t) => {
  for (const status of [200, 403, 404]) t.ok(isStorable(response({ status })).storable, `${status}`)
})

t.test('what the upstream says of freshness does not matter: the TTL is ours', async (t) => {
  for (const value of ['max-age=0', 'no-cache', 'must-revalidate', 'private', '']) {
    t.ok(isStorable(withHeaders(['Cache-Control', value])).storable, value)
  }
  t.ok(isStorable(withHeaders(['Expires', '0'])).storable)
  t.ok(isStorable(withHeaders(['Set-Cookie', 'a=1'])).storable, 'the cookie itself is not stored')
  t.ok(isStorable(withHeaders(['Content-Length', '100'])).storable)
  const vary = ['vary', 'Accept, accept-ENCODING,Authorization,'] as const
  t.ok(isStorable(withHeaders(vary)).storable, 'the key covers these')
})

t.test('stores nothing else, with a reason', async (t) => {
  const cases: readonly [UnstorableReason, CandidateResponse][] = [
    ...[201, 202, 204, 206, 301, 304, 400, 401, 402, 418, 429, 500, 502, 503].map(
      (status): [UnstorableReason, CandidateResponse] => ['status', response({ status })],
    ),
    ['status', response({ status: 403, share: 'account' })],
    ['status', response({ status: 404, share: 'account' })],
    ['incomplete', response({ complete: false })],
    ['incomplete', withHeaders(['content-length', '101'])],
    ['incomplete', withHeaders(['content-length', 'many'])],
    ['partial', withHeaders(['Content-Range', 'bytes 0-99/200'])],
    ['empty', response({ bodyBytes: 0 })],
    ['too-large', response({ bodyBytes: 1001 })],
    [
      'upstream-no-store',
      withHeaders(['Cache-Control', 'max-age=60'], ['CACHE-CONTROL', 'No-Store']),
    ],
    ['upstream-private', { ...withHeaders(['Cache-Control', 'private']), share: 'account' }],
    ['vary', withHeaders(['Vary', '*'])],
    ['vary', withHeaders(['Vary', 'Accept'], ['Vary', 'Cookie'])],
    ['content-type', response({ headers: [] })],
    ['content-type', response({ headers: [['Content-Type', 'text/html']] })],
    ['content-type', response({ format: 'xml' })],
    ['content-type', response({ format: 'image', headers: [['Content-Type', 'image/png']] })],
    ['content-type', response({ format: 'any', headers: [['Content-Type', 'image/png']] })],
  ]
  for (const [reason, input] of cases) {
    t.same(isStorable(input), { storable: false, reason }, `${reason}: ${JSON.stringify(input)}`)
  }
  const tested = new Set(cases.map(([reason]) => reason))
  t.same([...tested].toSorted(), UNSTORABLE_REASONS.toSorted(), 'every reason occurs')
})
