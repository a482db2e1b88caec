import t from 'tap'
import { buildTestProxy, startUpstream } from './build.js'
import { basic } from './client.js'

/** A read that is stored, a read that is not, and a write: three ways through the proxy. */
const WAYS = [
  ['a cached read', '/client/?limit=5', {}],
  ['a read that is not cached', '/tasknote/', {}],
  ['a write', '/client/100001/', { method: 'PUT', body: '{"description":"x"}' }],
] as const

const NOT_FOR_THE_UPSTREAM = {
  connection: 'close, X-Hop',
  'x-hop': '1',
  'keep-alive': 'timeout=5',
  'proxy-authorization': basic('secret'),
  'proxy-connection': 'keep-alive',
  te: 'trailers',
  forwarded: 'for=192.0.2.1',
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-proto': 'https',
  'x-real-ip': '192.0.2.1',
  prefer: 'wait=20',
  'intervals-proxy-consumer': 'wallboard',
  'intervals-proxy-priority': 'interactive',
}

t.test('what is for the proxy or the connection is not forwarded', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const [name, path, request] of WAYS) {
    sim.clearArrivals()
    const answer = await ask(path, { ...request, headers: NOT_FOR_THE_UPSTREAM })
    t.ok(answer.status < 300, name)
    const [arrival] = sim.arrivals
    for (const header of Object.keys(NOT_FOR_THE_UPSTREAM)) {
      if (header === 'connection') t.notMatch(arrival?.headers.connection, /hop/i)
      else t.equal(arrival?.headers[header], undefined, `${name}: ${header}`)
    }
    t.equal(arrival?.headers.host, `127.0.0.1:${sim.port}`)
  }
})

t.test('what is for Intervals is forwarded', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const headers = {
    'user-agent': 'intervals-api-client/1.0',
    'x-intervals-send-notifications': 't',
    'x-intervals-disable-action-notes': 't',
    'content-type': 'application/json',
    'accept-language': 'de',
    'accept-encoding': 'gzip, br',
    cookie: 'a=1; b=2',
  }
  for (const [name, path, request] of WAYS.slice(1)) {
    sim.clearArrivals()
    await ask(path, { ...request, headers })
    t.match(sim.arrivals[0]?.headers, { ...headers, authorization: basic('agencyadm01') }, name)
  }
})

t.test('a read for the cache sends only what its key covers', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const headers = { 'user-agent': 'wallboard', cookie: 'a=1', 'accept-language': 'de', 'x-y': 'z' }
  await ask('/client/', { headers: { ...headers, 'accept-encoding': 'gzip' } })
  const { connection: _, via: _via, ...sent } = sim.arrivals[0]?.headers ?? {}
  t.strictSame(sent, {
    host: `127.0.0.1:${sim.port}`,
    accept: 'application/json',
    'accept-encoding': 'identity',
    authorization: basic('agencyadm01'),
    'user-agent': 'wallboard',
  })
})

const MANY_HEADERS = [
  ['Content-Type', 'application/json'],
  ['Set-Cookie', 'a=1; Path=/'],
  ['Set-Cookie', 'b=2; Path=/'],
  ['Link', '</a>; rel=a'],
  ['Link', '</b>; rel=b'],
  ['X-Many', '1'],
  ['X-Many', '2'],
  ['Content-Disposition', 'attachment; filename="caf\u00e9.txt"'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Authenticate', 'Basic'],
  ['X-Hop', '1'],
  ['Connection', 'keep-alive, X-Hop'],
] as const

/** All values of a header, in order. */
function values(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
}

t.test('repeated headers keep every value, and those of the connection stay on it', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, MANY_HEADERS.flat()).end('{"status":"OK"}')
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  for (const [name, path, request] of WAYS) {
    const { rawHeaders, status, text } = await ask(path, request)
    t.match({ status, text }, { status: 200, text: '{"status":"OK"}' }, name)
    t.strictSame(values(rawHeaders, 'set-cookie'), ['a=1; Path=/', 'b=2; Path=/'], name)
    t.strictSame(values(rawHeaders, 'link'), ['</a>; rel=a', '</b>; rel=b'], name)
    t.strictSame(values(rawHeaders, 'x-many'), ['1', '2'], name)
    t.strictSame(values(rawHeaders, 'content-disposition'), [MANY_HEADERS[7][1]], name)
    for (const hop of ['keep-alive', 'proxy-authenticate', 'x-hop']) {
      t.strictSame(values(rawHeaders, hop), hop === 'keep-alive' ? [] : [], `${name}: ${hop}`)
    }
  }
})

t.test(
  'cookies are given to whoever was answered with them, and to nobody from the cache',
  async (t) => {
    const { ask, sim } = await buildTestProxy(t, {
      simulator: { extraHeaders: { 'set-cookie': 'session=secret' } },
    })
    const hold = sim.hold()
    const both = [ask('/client/'), ask('/client/')]
    await hold.untilWaiting(1)
    hold.release()
    const cookies = (await Promise.all(both)).map(({ headers }) => headers['set-cookie'])
    t.strictSame(
      cookies.filter((cookie) => cookie !== undefined),
      [['session=secret']],
    )
    const hit = await ask('/client/')
    t.match(hit.headers['cache-status'], /; hit/)
    t.equal(hit.headers['set-cookie'], undefined)
    t.equal(sim.arrivals.length, 1)
  },
)

t.test('compressed answers come back as they are, and are not stored', async (t) => {
  const { ask, direct } = await buildTestProxy(t, { simulator: { gzip: true } })
  const headers = { 'accept-encoding': 'gzip' }
  const wanted = await direct('/tasknote/', { headers })
  t.equal(wanted.headers['content-encoding'], 'gzip')
  const answer = await ask('/tasknote/', { headers })
  t.equal(answer.headers['content-encoding'], 'gzip')
  t.ok(answer.body.equals(wanted.body))
  const plain = await ask('/client/', { headers })
  t.equal(plain.headers['content-encoding'], undefined, 'fills are asked for as they are')
  t.match(plain.headers['cache-status'], /stored/)
})

t.test('compression that nobody asked for is passed on and not stored', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(Buffer.from([0x1f, 0x8b, 1, 2, 3]))
  })
  const { ask, status } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const answer = await ask('/client/')
  t.equal(answer.headers['content-encoding'], 'gzip')
  t.ok(answer.body.equals(Buffer.from([0x1f, 0x8b, 1, 2, 3])))
  t.equal((await status()).cache.entries, 0)
})

t.test('an upstream below a path gets it before every path', async (t) => {
  const seen: (string | undefined)[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push(request.url)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  for (const base of ['api', 'api/']) {
    const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url + base })
    for (const [, path, request] of WAYS) t.equal((await ask(path, request)).status, 200)
  }
  t.strictSame(
    seen,
    [...WAYS, ...WAYS].map(([, path]) => `/api${path}`),
  )
})
