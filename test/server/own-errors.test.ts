import { connect } from 'node:net'
import t from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { buildTestProxy } from './build.js'
import {
  ask as askAny,
  basic,
  problemOf,
  sendRaw,
  sendTarget,
  until,
  type Answer,
} from './client.js'

const bodyOf = (raw: string): string => raw.slice(raw.indexOf('\r\n\r\n') + 4)
const ONLY_CACHED = { 'cache-control': 'only-if-cached' }

t.test('our own errors look like those of Intervals, in the format asked for', async (t) => {
  const { ask } = await buildTestProxy(t)
  for (const accept of ['application/json', '*/*', 'text/plain']) {
    const answer = await ask('/client/', { headers: { ...ONLY_CACHED, accept } })
    t.match(answer, { status: 504, headers: { 'content-type': /^application\/json/ } }, accept)
    t.match(problemOf(answer), {
      personid: null,
      status: 'Gateway Timeout',
      code: 504,
      source: 'intervals-proxy',
      error: { code: 20, reason: 'NOT_STORED', message: /only-if-cached/ },
    })
  }
  for (const accept of ['application/xml', undefined]) {
    const answer = await ask('/client/', { headers: { ...ONLY_CACHED, accept } })
    t.match(answer, { status: 504, headers: { 'content-type': 'application/xml' } })
    t.match(
      answer.text,
      /^<\?xml.*\n<intervals>.*<code>504<\/code><source>intervals-proxy<\/source>/,
    )
    t.match(answer.text, '<error><code>20</code><reason>NOT_STORED</reason>')
  }
})

t.test('a target that can be read in two ways is refused and not sent', async (t) => {
  const { port, sim } = await buildTestProxy(t)
  const ambiguous = [
    '/client//1/',
    '/client//',
    '/client/../person/',
    '/client/%2e%2e/person/',
    '/client/%2E./person/',
    '/client/.',
    '/client%2f1',
    '/client%5c1',
    '/client\\1',
    '/client/%00',
    '/client/?search=%00',
    '/client/%zz',
    '/client/%ff',
    '/client/#top',
    'http://127.0.0.1/client/',
    'http://elsewhere.example/client/',
  ]
  for (const target of ambiguous) {
    const raw = await sendTarget(port, target)
    t.match(raw, /^HTTP\/1\.1 400 /, target)
    t.match(bodyOf(raw), /"source":"intervals-proxy".*BAD_TARGET/s, target)
  }
  for (const target of ['*', 'client/']) {
    t.match(await sendTarget(port, target, 'OPTIONS'), /^HTTP\/1\.1 400 /, target)
  }
  t.equal(sim.arrivals.length, 0)
})

t.test('what is not HTTP gets a 400, and the proxy lives on', async (t) => {
  const { port, ask, sim } = await buildTestProxy(t)
  const garbage = [
    'hello\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001',
    'GET /client/ HTTP/9.9\r\n\r\n',
    'GET /client/ HTTP/1.1\r\nno colon here\r\n\r\n',
    'GET /client/ HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    'POST /client/ HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ]
  for (const bytes of garbage) {
    const raw = await sendRaw(port, Buffer.from(bytes, 'latin1'))
    t.match(raw, /^HTTP\/1\.1 400 /, bytes)
    t.match(bodyOf(raw), '"source":"intervals-proxy"', bytes)
  }
  const long = `GET /client/?search=${'x'.repeat(70_000)} HTTP/1.1\r\nhost: a\r\n\r\n`
  t.match(await sendRaw(port, long), /^HTTP\/1\.1 431 .*"source":"intervals-proxy"/s)
  t.equal(sim.arrivals.length, 0)
  t.equal((await ask('/client/')).status, 200)
})

t.test('a body over the limit is refused, and nothing is sent', async (t) => {
  const settings = { server: { bodyLimit: '64KiB' } }
  const { ask, sim } = await buildTestProxy(t, { settings })
  const body = JSON.stringify({ name: 'x'.repeat(65_536) })
  const announced = await ask('/client/1/', { method: 'PUT', body })
  t.equal(announced.status, 413)
  t.match(problemOf(announced), { error: { reason: 'BODY_TOO_LARGE' } })
  t.equal(announced.headers.connection, 'close')

  const headers = { 'transfer-encoding': 'chunked', 'content-length': undefined }
  const long = Buffer.alloc(3_000_000, 120)
  const chunked = await ask('/client/1/', { method: 'PUT', headers, body: long })
  t.equal(chunked.status, 413)
  t.match(problemOf(chunked), { error: { reason: 'BODY_TOO_LARGE' } })
  t.equal(sim.arrivals.length, 0)
  const whole = await ask('/client/1/', {
    method: 'PUT',
    body: JSON.stringify({ name: 'x'.repeat(60_000) }),
  })
  t.not(whole.status, 413)
  t.equal(sim.arrivals.length, 1)
})

t.test('a consumer that goes away in the middle of its body leaves nothing behind', async (t) => {
  const { port, sim, app, lines, ask } = await buildTestProxy(t)
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `PUT /client/1/ HTTP/1.1\r\nhost: a\r\nauthorization: ${basic('agencyadm01')}\r\ncontent-length: 100\r\n\r\n{"name":`,
  )
  await new Promise<void>((resolve) => {
    app.server.once('request', () => resolve())
  })
  socket.destroy()
  await until(() => socket.destroyed, 'the end of the connection')
  t.equal((await ask('/client/')).status, 200)
  t.strictSame(
    sim.arrivals.map(({ method }) => method),
    ['GET'],
  )
  t.strictSame(
    lines.filter(({ level }) => Number(level) >= 50),
    [],
    'no error of ours in the log',
  )
})

t.test('every 429 and 503 of ours says when it is worth trying again', async (t) => {
  const { ask } = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 1, window: '60s' } } },
  })
  t.equal((await ask('/client/')).status, 200)
  const refused = await ask('/project/', { headers: { prefer: 'wait=1' } })
  t.equal(refused.status, 429)
  t.match(problemOf(refused).error, { code: 12, reason: 'WAIT_TOO_LONG' })
  const after = Number(refused.headers['retry-after'])
  t.ok(after > 55 && after <= 63, `Retry-After: ${after}`)
  t.equal((await ask('/client/')).status, 200, 'a hit costs nothing')
})

t.test('a spent day is a 429 until midnight', async (t) => {
  const { ask } = await buildTestProxy(t, { settings: { limits: { day: { max: 1 } } } })
  t.equal((await ask('/client/')).status, 200)
  const refused = await ask('/project/')
  t.equal(refused.status, 429)
  t.match(problemOf(refused).error, { code: 11, reason: 'DAY_SPENT' })
  t.match(refused.headers['retry-after'], /^\d+$/)
})

const PAUSES: readonly (readonly [status: number, apiCode: number, seconds: RegExp])[] = [
  [400, 12, /^(?:[56]\d)$/],
  [503, 4, /^\d{1,5}$/],
  [418, 5, /^\d{1,5}$/],
  [402, 6, /^\d{1,5}$/],
]

for (const [status, apiCode, seconds] of PAUSES) {
  t.test(`a pause after code ${apiCode} is a 503 with Retry-After`, async (t) => {
    const { ask, sim } = await buildTestProxy(t)
    sim.setFaults([{ kind: 'status', status, apiCode }])
    for (const path of ['/client/', '/nosuchthing/']) {
      const answer = await ask(path)
      t.equal(answer.status, 503)
      t.match(problemOf(answer), { source: 'intervals-proxy', error: { reason: 'PAUSED' } })
      t.match(answer.headers['retry-after'], seconds)
    }
    t.equal(sim.arrivals.length, 1, 'the second was not sent')
  })
}

t.test('a refused token is answered from memory for a few seconds', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  const theirs = await ask('/client/', { token: 'nosuchtoken' })
  t.equal(theirs.status, 401)
  t.notMatch(theirs.text, 'intervals-proxy')
  const ours = await ask('/project/', { token: 'nosuchtoken' })
  t.equal(ours.status, 401)
  t.match(problemOf(ours), { error: { code: 9, reason: 'CREDENTIAL_REFUSED' } })
  t.match(ours.headers['www-authenticate'], /^Basic /)
  t.equal((await ask('/project/')).status, 200, 'another token is not concerned')
  t.equal(sim.arrivals.length, 2)
  clock.advance(6_000)
  await ask('/project/', { token: 'nosuchtoken' })
  t.equal(sim.arrivals.length, 3)
})

t.test('an upstream that is not there is a 502 without its address', async (t) => {
  const gone = await startSimulator()
  await gone.close()
  const { ask, status } = await buildTestProxy(t, { upstreamUrl: gone.url })
  const answers: Answer[] = [
    await ask('/client/'),
    await ask('/nosuchthing/'),
    await ask('/client/1/', { method: 'PUT', body: '{}' }),
  ]
  for (const answer of answers) {
    t.equal(answer.status, 502)
    t.match(problemOf(answer), { error: { code: 20, reason: 'UPSTREAM_UNREACHABLE' } })
    t.notMatch(answer.text, String(gone.port))
    t.notMatch(answer.text, '127.0.0.1')
  }
  t.match((await status()).budgets.minute, { used: 0, inFlight: 0 }, 'nothing was spent')
})

t.test('no page under /-/ is anybody else’s', async (t) => {
  const { port, sim } = await buildTestProxy(t)
  for (const method of ['GET', 'PUT', 'DELETE', 'PROPFIND', 'OPTIONS']) {
    const answer = await askAny(port, '/-/nosuchpage', { method })
    t.equal(answer.status, 404, method)
    t.match(problemOf(answer), { source: 'intervals-proxy', error: { reason: 'NOT_FOUND' } })
  }
  t.equal(sim.arrivals.length, 0)
})
