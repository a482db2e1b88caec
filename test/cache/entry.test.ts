import t from 'tap'
import { createEntry, NEGATIVE_TTL_MS, strongEtag, type HeaderList } from '../../src/cache/index.js'
import { NOW_MS, POLICIES, storedResponse } from './fixtures.js'

const NEW_ENTRY = {
  key: 'key',
  status: 200,
  headers: [] as HeaderList,
  body: Buffer.from('{}'),
  account: 'main',
  resource: 'task',
  path: '/task',
  generation: 7,
  policy: POLICIES.task,
  sentAtMs: NOW_MS,
} as const

t.test('keeps headers as sent, but for those of the connection and of one client', async (t) => {
  const kept: HeaderList = [
    ['Content-Type', 'application/json'],
    ['X-Intervals-Two', 'a'],
    ['x-intervals-two', 'b'],
    ['Content-Length', '2'],
    ['Date', 'Fri, 08 May 2026 12:00:00 GMT'],
    ['Cache-Control', 'max-age=60'],
  ]
  const dropped: HeaderList = [
    ['Connection', 'close, X-Of-The-Connection'],
    ['connection', ' X-Another '],
    ['X-Of-The-Connection', '1'],
    ['x-another', '1'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Authenticate', 'Basic'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
    ['Trailer', 'x'],
    ['TE', 'trailers'],
    ['Set-Cookie', 'a=1'],
    ['SET-COOKIE', 'b=2'],
    ['ETag', '"theirs"'],
    ['WWW-Authenticate', 'Basic'],
    // The proxy writes its own of these for each answer.
    ['X-Request-Id', 'theirs'],
    ['Cache-Status', 'origin; hit'],
    ['RateLimit', '"up";r=1'],
    ['RateLimit-Policy', '"up";q=1'],
    ['Retry-After', '5'],
    ['Server-Timing', 'db;dur=5'],
    ['Idempotent-Replayed', 'true'],
  ]
  t.same(createEntry({ ...NEW_ENTRY, headers: [...dropped, ...kept] }).headers, kept)
})

t.test('the Age of the upstream counts', async (t) => {
  const aged = (...ages: string[]) =>
    createEntry({ ...NEW_ENTRY, headers: ages.map((age) => ['Age', age] as const) })
  t.equal(aged('500').storedAtMs, NOW_MS - 500_000)
  t.equal(aged('500').freshUntilMs, NOW_MS - 500_000 + POLICIES.task.ttlMs)
  t.same(aged('500').headers, [])
  for (const age of ['', '-5', '1.5', 'x']) t.equal(aged(age).storedAtMs, NOW_MS, age)
  t.ok(aged('9'.repeat(30)).storedAtMs >= 0)
  t.equal(aged('7', '9').storedAtMs, NOW_MS - 7_000, 'the first one')
})

t.test('the tag of the upstream is kept for If-Match', async (t) => {
  t.equal(createEntry({ ...NEW_ENTRY, headers: [['ETag', '"v1"']] }).upstreamEtag, '"v1"')
  t.equal(createEntry(NEW_ENTRY).upstreamEtag, undefined)
})

t.test('its age counts from when the request was sent', async (t) => {
  const { storedAtMs, freshUntilMs, staleUntilMs } = createEntry(NEW_ENTRY)
  t.equal(storedAtMs, NOW_MS)
  t.equal(freshUntilMs, NOW_MS + POLICIES.task.ttlMs)
  t.equal(staleUntilMs, freshUntilMs + POLICIES.task.staleMs)
})

t.test('an absence or a refusal is believed for seconds, and never stale', async (t) => {
  for (const status of [403, 404]) {
    const { freshUntilMs, staleUntilMs } = createEntry({ ...NEW_ENTRY, status })
    t.equal(freshUntilMs, NOW_MS + NEGATIVE_TTL_MS)
    t.equal(staleUntilMs, freshUntilMs)
  }
  const policy = { ...POLICIES.task, ttlMs: 1000 }
  const short = createEntry({ ...NEW_ENTRY, status: 404, policy })
  t.equal(short.freshUntilMs, NOW_MS + 1000, 'nor longer than an answer')
})

t.test('owns its bytes, and counts all it holds', async (t) => {
  const chunk = Buffer.from('0123456789')
  const slice = chunk.subarray(2, 5)
  const { body, sizeBytes } = createEntry({ ...NEW_ENTRY, body: slice })
  chunk.fill('x')
  t.equal(body.toString(), '234')
  t.equal(body.buffer.byteLength, 3, 'not the chunk that it was cut from')

  const larger = createEntry({ ...NEW_ENTRY, body: Buffer.alloc(1003) })
  t.equal(larger.sizeBytes - sizeBytes, 1000)
  const longerKey = createEntry({ ...NEW_ENTRY, body: slice, key: 'longer key' })
  t.equal(longerKey.sizeBytes - sizeBytes, 'longer '.length)
  const withHeader = createEntry({ ...NEW_ENTRY, body: slice, headers: [['A', 'bc']] })
  t.ok(withHeader.sizeBytes - sizeBytes > 'abc'.length)
  t.ok(sizeBytes > 1000, 'an entry is never for nothing')
})

t.test('cannot be changed, and knows where it belongs', async (t) => {
  const entry = createEntry(NEW_ENTRY)
  t.ok(Object.isFrozen(entry))
  t.match(entry, { account: 'main', resource: 'task', path: '/task', generation: 7 })
  t.notOk('statusText' in entry)
  t.equal(storedResponse().statusText, 'OK')
})

t.test('its tag is strong, and tells bytes, types and encodings apart', async (t) => {
  const body = Buffer.from('{}')
  const headers: readonly HeaderList[] = [
    [],
    [['Content-Type', 'application/json']],
    [['Content-Type', 'application/xml']],
    [['Content-Encoding', 'gzip']],
  ]
  const tags = [
    ...headers.map((list) => strongEtag(list, body)),
    strongEtag([], Buffer.from('{ }')),
  ]
  t.equal(new Set(tags).size, tags.length)
  for (const tag of tags) t.match(tag, /^"[\w-]{27}"$/u)
  t.equal(strongEtag([['X-Other', '1']], body), tags[0], 'other headers do not matter')
  t.equal(createEntry(NEW_ENTRY).etag, tags[0])
})
