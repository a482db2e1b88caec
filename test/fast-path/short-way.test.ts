/** What takes the short way is answered as on the long one; and what may not, does not. */
import t, { type Test } from 'tap'
import { buildTestProxy, type TestProxyOptions } from '../server/build.js'
import { ask as askAt, basic, sendRaw } from '../server/client.js'
import { bytesOf, open } from '../server/hostile/raw-client.js'
import { buildGateway, consumer, SECRETS, withKey } from '../server/authentication/setup.js'
import { helloOf } from '../dashboard/hello.js'

/** How long a list of clients is fresh. */
const TTL_MS = 600_000

/** A proxy that has answered `/client/` twice: with a fill, and with a hit that came the long way. */
async function warm(t: Test, options: TestProxyOptions = {}) {
  const proxy = await buildTestProxy(t, options)
  await proxy.ask('/client/')
  await proxy.ask('/client/')
  return proxy
}

/** Without what is of one moment or one connection. */
function lasting(rawHeaders: readonly string[]): string[] {
  const pairs: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    const value = rawHeaders[at + 1] ?? ''
    const isOfTheMoment = ['age', 'ratelimit', 'x-request-id'].includes(name)
    pairs.push(`${name}: ${isOfTheMoment ? '…' : value.replace(/ttl=\d+/u, 'ttl=…')}`)
  }
  return pairs.toSorted()
}

t.test('the short way answers like the long one', async (t) => {
  const { ask } = await buildTestProxy(t)
  const first = await ask('/task/?limit=6')
  const { etag } = first.headers
  const ways: Record<string, Record<string, string>> = {
    plain: {},
    gzip: { 'accept-encoding': 'gzip' },
    'a tag that is known': { 'if-none-match': etag ?? '' },
    'a tag of both forms': { 'if-none-match': etag ?? '', 'accept-encoding': 'gzip' },
    'another tag': { 'if-none-match': '"another"' },
    'directives that a fresh answer satisfies': { 'cache-control': 'max-age=3600' },
  }
  for (const [name, headers] of Object.entries(ways)) {
    const long = await ask('/task/?limit=6', { headers })
    const short = await ask('/task/?limit=6', { headers })
    t.equal(short.status, long.status, name)
    t.strictSame(lasting(short.rawHeaders), lasting(long.rawHeaders), name)
    t.ok(short.body.equals(long.body), name)
  }
})

t.test('from the third time on it is taken, for every target of the resource', async (t) => {
  const { ask, slowPath, sim } = await warm(t)
  const third = await slowPath.during(() => ask('/client/'))
  t.equal(third.slow, 0)
  t.match(third.answer.headers['cache-status'], /^intervals-proxy; hit; ttl=\d+$/u)
  await ask('/client/1/')
  t.equal((await slowPath.during(() => ask('/client/1'))).slow, 0, 'another target, seldom spelt')
  t.equal((await slowPath.during(() => ask('/project/'))).slow, 1, 'another resource')
  t.equal(sim.arrivals.length, 3)
})

t.test('it is counted and logged like any other hit', async (t) => {
  const { ask, port, metric, lines } = await warm(t)
  await ask('/client/')
  t.equal(await metric('requests_total{outcome="hit"}'), 2)
  t.equal(await metric('saved_calls_total{cause="hit"}'), 2)
  const [long, short] = lines.filter(({ outcome }) => outcome === 'hit')
  const ofTheMoment = { time: '', ms: 0, reqId: '' }
  t.strictSame({ ...short, ...ofTheMoment }, { ...long, ...ofTheMoment })
  t.not(short?.['reqId'], long?.['reqId'])
  t.type(short?.['ms'], 'number')
  const shown = (await helloOf(port)).requests.filter(({ way }) => way === 'hit')
  t.strictSame(
    shown.map((one) => ({ ...one, seq: 0, at: 0, id: '', totalMs: 0 })),
    [0, 1].map(() => ({ ...shown[0], seq: 0, at: 0, id: '', totalMs: 0 })),
    'and shown on the dashboard',
  )
})

t.test('a write that is acknowledged is seen by the next read', async (t) => {
  const { ask, sim } = await warm(t)
  for (const name of ['One', 'Two', 'Three']) {
    await ask('/client/1/', { method: 'PUT', body: JSON.stringify({ name }) })
    const { headers } = await ask('/client/')
    t.match(headers['cache-status'], /fwd=uri-miss/u, name)
    t.match((await ask('/client/')).headers['cache-status'], /; hit/u)
  }
  t.equal(sim.arrivals.length, 7)
})

t.test('what was purged, is stale or is not wanted goes the long way', async (t) => {
  const { ask, slowPath, purge, clock } = await warm(t)
  await purge()
  t.match((await ask('/client/')).headers['cache-status'], /fwd=uri-miss/u)
  const noCache = { headers: { 'cache-control': 'no-cache' } }
  for (let time = 0; time < 3; time++) {
    t.match((await ask('/client/', noCache)).headers['cache-status'], /fwd=request/u)
  }
  clock.advance(TTL_MS + 1_000)
  const stale = await slowPath.during(() => ask('/client/'))
  t.equal(stale.slow, 1)
  t.notMatch(stale.answer.headers['cache-status'], /^intervals-proxy; hit; ttl=\d+$/u)
})

t.test('a token that the upstream refuses is refused to the next reader', async (t) => {
  const { ask, slowPath, sim, clock } = await warm(t)
  t.equal((await slowPath.during(() => ask('/client/'))).slow, 0)
  sim.setFaults([{ kind: 'status', status: 401 }])
  t.equal((await ask('/project/')).status, 401)
  sim.setFaults([])
  t.equal((await ask('/client/')).status, 401, 'at once, without a call')
  t.equal(sim.arrivals.length, 2)
  clock.advance(61_000)
  const { headers } = await ask('/client/')
  t.match(headers['cache-status'], /fwd=.*; fwd-status=200/u, 'nothing from before the refusal')
})

t.test('each token has answers of its own', async (t) => {
  const { ask } = await warm(t)
  const other = { token: 'studioadm01' }
  const first = await ask('/client/', other)
  t.match(first.headers['cache-status'], /fwd=uri-miss/u)
  const mine = await ask('/client/')
  for (let time = 0; time < 3; time++) t.ok((await ask('/client/', other)).body.equals(first.body))
  t.notOk(mine.body.equals(first.body))
  t.equal((await ask('/client/', { token: null })).headers['cache-status']?.includes('hit'), false)
})

t.test('a key is good until it expires, and as long as it is in the configuration', async (t) => {
  const expires = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const proxy = await buildGateway(t, { settings: { consumers: consumer('a', { expires }) } })
  for (let time = 0; time < 3; time++) {
    t.equal((await proxy.ask('/client/', withKey('a'))).status, 200)
  }
  proxy.clock.advance(3 * 86_400_000)
  t.equal((await proxy.ask('/client/', withKey('a'))).status, 401)
})

t.test('what is known is forgotten with the configuration that it was known under', async (t) => {
  const settings = { consumers: { ...consumer('a'), ...consumer('b') } }
  const proxy = await buildGateway(t, { settings })
  for (let time = 0; time < 3; time++) await proxy.ask('/client/', withKey('a'))
  proxy.reload({ secrets: SECRETS, consumers: consumer('b') })
  t.equal((await proxy.ask('/client/', withKey('a'))).status, 401)
  t.equal((await proxy.ask('/client/', withKey('b'))).status, 200)
})

t.test('what can be read in two ways is refused, however well the rest is known', async (t) => {
  const { port } = await buildTestProxy(t)
  const close = 'connection: close'
  const good = bytesOf('GET /client/ HTTP/1.1', [close])
  for (let time = 0; time < 3; time++) t.match(await sendRaw(port, good), /^HTTP\/1\.1 200 /u)
  const bad = {
    'two hosts': bytesOf('GET /client/ HTTP/1.1', [close, 'host: another.example']),
    'two tokens': bytesOf('GET /client/ HTTP/1.1', [close, `authorization: ${basic('other')}`]),
    'another method': bytesOf('GET /client/ HTTP/1.1', [close, 'x-http-method-override: PUT']),
    'another method in the query': bytesOf('GET /client/?_method=PUT HTTP/1.1', [close]),
    'two paths': bytesOf('GET /x/../client/ HTTP/1.1', [close]),
    'two lengths': bytesOf('GET /client/ HTTP/1.1', [
      close,
      'content-length: 0',
      'content-length: 1',
    ]),
  }
  for (const [what, bytes] of Object.entries(bad)) {
    t.match(await sendRaw(port, bytes), /^HTTP\/1\.1 400 /u, what)
  }
})

t.test('pipelined requests are answered in their order', async (t) => {
  const { port } = await buildTestProxy(t)
  const one = bytesOf('GET /client/ HTTP/1.1')
  const other = bytesOf('GET /project/ HTTP/1.1')
  const connection = await open(port)
  for (let time = 1; time <= 3; time++) {
    connection.socket.write(one)
    await connection.untilStatuses(2 * time - 1)
    connection.socket.write(other)
    await connection.untilStatuses(2 * time)
  }
  connection.socket.write(one + other + one + other)
  await connection.untilStatuses(10)
  const bodies = connection
    .received()
    .split(/HTTP\/1\.1 200 OK/u)
    .slice(-4)
  const areClients = bodies.map((text) => text.includes('"client":['))
  t.strictSame(areClients, [true, false, true, false])
  connection.socket.destroy()
})

t.test('while it stops, connections are ended with the answer', async (t) => {
  const { ask, app, port, sim } = await warm(t)
  const hold = sim.hold()
  const waiting = askAt(port, '/project/', { patienceMs: 30_000 })
  await hold.untilWaiting(1)
  const connection = await open(port, bytesOf('GET /client/ HTTP/1.1'))
  await connection.untilStatuses(1)
  const closed = app.close()
  hold.release()
  await waiting
  await closed
  await t.rejects(ask('/client/'))
})
