import t from 'tap'
import {
  isStorable,
  UNSTORABLE_REASONS,
  type CandidateResponse,
  type HeaderList,
  type UnstorableReason,
} from '../../src/cache/index.js'

const JSON_TYPE = ['Content-Type', 'application/json'] as const
const JSON_BODY = Buffer.from('{"personid":1,"status":"OK","code":200,"client":[]}')
const XML_BODY = Buffer.from('<?xml version="1.0"?>\n<intervals><status>OK</status></intervals>')

function response(fields: Partial<CandidateResponse> = {}): CandidateResponse {
  return {
    status: 200,
    headers: [JSON_TYPE],
    format: 'json',
    share: 'credential',
    body: JSON_BODY,
    maxEntryBytes: 1000,
    complete: true,
    upstreamDirectives: 'ignore',
    keyedFields: [],
    ...fields,
  }
}

function withHeaders(...headers: HeaderList): CandidateResponse {
  return response({ headers: [JSON_TYPE, ...headers] })
}

const obeying = (candidate: CandidateResponse): CandidateResponse => ({
  ...candidate,
  upstreamDirectives: 'obey',
})

t.test('an answer, a 404 and a 403 are stored', async (t) => {
  for (const status of [200, 403, 404]) t.ok(isStorable(response({ status })).storable, `${status}`)
})

t.test('freshness of the upstream never matters: the TTL is the one of the table', async (t) => {
  for (const candidate of [
    ...['max-age=0', 'no-cache', 'must-revalidate', 'private', ''].map((value) =>
      withHeaders(['Cache-Control', value]),
    ),
    withHeaders(['Expires', 'Thu, 19 Nov 1981 08:52:00 GMT'], ['Pragma', 'no-cache']),
    withHeaders(['Set-Cookie', 'a=1']),
    withHeaders(['Content-Length', `${JSON_BODY.length}`]),
    withHeaders(['vary', 'Accept, accept-ENCODING,Authorization,']),
  ]) {
    for (const one of [candidate, obeying(candidate)]) {
      t.same(isStorable(one), { storable: true, overridden: [] })
    }
  }
})

const OVERRIDDEN: readonly (readonly [UnstorableReason, CandidateResponse, readonly string[]])[] = [
  [
    'upstream-no-store',
    withHeaders(['Cache-Control', 'max-age=60'], ['CACHE-CONTROL', 'No-Store']),
    ['Cache-Control: no-store'],
  ],
  [
    'upstream-private',
    { ...withHeaders(['Cache-Control', 'private']), share: 'account' },
    ['Cache-Control: private'],
  ],
  [
    'vary',
    withHeaders(['Vary', 'Accept-Encoding,User-Agent'], ['vary', 'Origin']),
    ['Vary: user-agent', 'Vary: origin'],
  ],
  ['content-type', response({ headers: [] }), ['Content-Type: none']],
  [
    'content-type',
    response({ headers: [['Content-Type', 'text/html; charset=UTF-8']] }),
    ['Content-Type: text/html; charset=UTF-8'],
  ],
  [
    'content-type',
    response({ format: 'xml', body: XML_BODY, headers: [['Content-Type', 'text/plain']] }),
    ['Content-Type: text/plain'],
  ],
]

t.test('what PHP sends by itself is ignored by default, and obeyed on request', async (t) => {
  for (const [reason, candidate, overridden] of OVERRIDDEN) {
    t.same(isStorable(candidate), { storable: true, overridden }, reason)
    t.match(isStorable(obeying(candidate)), { storable: false, reason })
  }
})

t.test('Vary by another field: not stored until the key includes it', async (t) => {
  const vary = withHeaders(['Vary', 'User-Agent, Accept-Language, cookie'])
  const unkeyedFields = ['accept-language', 'cookie']
  t.same(isStorable(vary), { storable: false, reason: 'vary', unkeyedFields })
  t.same(isStorable({ ...vary, keyedFields: ['cookie'] }), {
    storable: false,
    reason: 'vary',
    unkeyedFields: ['accept-language'],
  })
  t.ok(isStorable({ ...vary, keyedFields: unkeyedFields }).storable)
  t.same(isStorable(obeying(vary)), { storable: false, reason: 'vary' })
  for (const value of ['*', '*, Cookie', 'User-Agent,*']) {
    const any = withHeaders(['Vary', value])
    t.same(isStorable({ ...any, keyedFields: ['cookie'] }), { storable: false, reason: 'vary' })
  }
})

t.test('without a type only an envelope of the format is stored', async (t) => {
  const html = '<!DOCTYPE html><html><body>Maintenance</body></html>'
  for (const [format, body] of [
    ['json', html],
    ['json', '{}'],
    ['json', '{"a":1}'],
    ['json', 'OK'],
    ['json', XML_BODY],
    ['xml', JSON_BODY],
    ['xml', html],
    ['any', html],
    ['image', JSON_BODY],
  ] as const) {
    const candidate = response({ format, body: Buffer.from(body), headers: [] })
    t.match(
      isStorable(candidate),
      { storable: false, reason: 'content-type' },
      `${format}: ${String(body)}`,
    )
  }
  for (const format of ['any', 'absent', 'other:text/html'] as const) {
    for (const body of [JSON_BODY, XML_BODY]) {
      t.ok(isStorable(response({ format, body, headers: [] })).storable, format)
    }
  }
})

t.test('nothing else is stored, with a reason', async (t) => {
  const error = Buffer.from('{"status":"Bad Request","code":400,"error":{"code":18}}')
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
    ['empty', response({ body: Buffer.alloc(0) })],
    ['too-large', response({ body: Buffer.alloc(1001) })],
    ['content-type', response({ format: 'xml' })],
    ['content-type', response({ headers: [['Content-Type', 'application/pdf']] })],
    ['content-type', response({ format: 'image', headers: [['Content-Type', 'image/png']] })],
    ['content-type', response({ format: 'any', headers: [['Content-Type', 'image/png']] })],
    ['error-in-envelope', response({ body: error })],
    ['error-in-envelope', response({ body: error, headers: [] })],
  ]
  for (const [reason, input] of cases) {
    for (const one of [input, obeying(input)]) {
      const expected = one.headers.length === 0 && one !== input ? 'content-type' : reason
      t.same(isStorable(one), { storable: false, reason: expected }, `${reason}: ${one.status}`)
    }
  }
  const tested = new Set([...cases, ...OVERRIDDEN].map(([reason]) => reason))
  t.same([...tested].toSorted(), UNSTORABLE_REASONS.toSorted(), 'every reason occurs')
})
