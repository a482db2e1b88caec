/** Pipelined requests: answered in their order, carried out in their order, and not without end. */
import t from 'tap'
import { queuedIn } from '../admin-pages.js'
import { buildTestProxy } from '../build.js'
import { MAX_PIPELINED } from '../../../src/server/edge/connections/one-at-a-time.js'
import { startBystander, untilNothingIsLeft, watchWarnings } from './bystander.js'
import { bytesOf, open } from './raw-client.js'
import { startRawUpstream } from './raw-upstream.js'

const get = (path: string, headers: readonly string[] = []): string =>
  bytesOf(`GET ${path} HTTP/1.1`, headers)

t.test('answers come in the order of the requests, whichever is known sooner', async (t) => {
  const warnings = watchWarnings(t)
  const upstream = await startRawUpstream(t)
  const proxy = await buildTestProxy(t, { upstreamUrl: upstream.url })
  await proxy.ask('/client/?stored')
  const paths = Array.from({ length: 60 }, (_, at) =>
    at % 2 === 0 ? `/timer/?n=${at}` : '/client/?stored',
  )
  const connection = await open(proxy.port, paths.map((path) => get(path)).join(''))
  await connection.untilStatuses(60)
  connection.socket.destroy()
  t.strictSame(
    upstream.requests.slice(1).map(({ target }) => target),
    paths.filter((path) => path.startsWith('/timer')),
  )
  const answers = [...connection.received().matchAll(/\{"answer":(\d+)\}/gu)].map(([, n]) =>
    Number(n),
  )
  t.strictSame(
    answers,
    paths.map((_, at) => (at % 2 === 0 ? 2 + at / 2 : 1)),
  )
  await untilNothingIsLeft(t, proxy, 'a pipeline')
  t.strictSame(warnings(), [])
})

t.test('a read behind a write sees it: RFC 9112 §9.3.2', async (t) => {
  const { port, sim, ask } = await buildTestProxy(t)
  await ask('/client/100001/')
  const body = '{"name":"Renamed in a pipeline"}'
  const put = bytesOf('PUT /client/100001/ HTTP/1.1', [`content-length: ${body.length}`], body)
  const hold = sim.hold(({ method }) => method === 'PUT', 'execution')
  const { untilStatuses, received, socket } = await open(port, put + get('/client/100001/'))
  await hold.untilWaiting(1)
  t.equal(sim.arrivals.length, 2, 'the read waits')
  hold.release()
  await untilStatuses(2)
  t.match(received(), /HTTP\/1\.1 20[02] .*HTTP\/1\.1 200 .*Renamed in a pipeline/su)
  socket.destroy()
})

t.test('one connection has one place in the queue, and leaves none behind', async (t) => {
  const warnings = watchWarnings(t)
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 1, window: '5m' }, queue: { maxWait: '1h' } } },
  })
  const { ask, port, sim } = proxy
  await ask('/client/')
  const bytes = Array.from({ length: 50 }, (_, at) => get(`/project/?limit=${at + 1}`)).join('')
  const connections = await Promise.all(Array.from({ length: 5 }, () => open(port, bytes)))
  await proxy.untilQueued(1)
  await ask('/client/')
  t.equal(queuedIn(await proxy.status()), 1, 'one call that five connections wait for')
  for (const { socket } of connections) socket.destroy()
  await untilNothingIsLeft(t, proxy, 'queued pipelines')
  t.equal(sim.arrivals.length, 1)
  t.strictSame(warnings(), [])
})

t.test('a pipeline without end is cut off', async (t) => {
  const warnings = watchWarnings(t)
  const proxy = await buildTestProxy(t)
  const { port, sim, ask } = proxy
  await ask('/client/')
  const bystander = startBystander(proxy)
  const hold = sim.hold(({ target }) => target.startsWith('/timer'))
  const many = 20
  const flood = get('/timer/').repeat(MAX_PIPELINED + 50)
  const connections = await Promise.all(Array.from({ length: many }, () => open(port, flood)))
  for (const connection of connections) await connection.untilClosed()
  hold.release()
  await bystander.stop(t, 'floods')
  await untilNothingIsLeft(t, proxy, 'floods')
  const calls = sim.arrivals.filter(({ target }) => target.startsWith('/timer')).length
  t.ok(calls <= many, `${calls} calls`)
  t.equal(await proxy.metric('connections_cut_total{cause="pipelining"}'), many)
  t.strictSame(warnings(), [])
  t.comment(
    `${many * (MAX_PIPELINED + 50)} pipelined requests, ${calls} calls, ${many} connections cut`,
  )
})

t.test('after an answer that ends the connection nothing behind it is carried out', async (t) => {
  const upstream = await startRawUpstream(t)
  const { port, ask } = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    settings: { server: { bodyLimit: '1KiB' } },
  })
  const behind = get('/nosuchthing/')
  const ends: readonly (readonly [name: string, bytes: string])[] = [
    ['asked for by the consumer', get('/client/', ['connection: close'])],
    ['ambiguous', get('/client/', ['host: twice.example'])],
    ['too long', bytesOf('POST /task/ HTTP/1.1', ['content-length: 2000'], 'x'.repeat(2_000))],
    ['HTTP/1.0', bytesOf('GET /client/ HTTP/1.0')],
  ]
  for (const [name, bytes] of ends) {
    const connection = await open(port, bytes + behind.repeat(3))
    await connection.untilClosed().catch(() => t.fail(`${name}: still open`))
    t.ok(connection.statuses().length <= 1, name)
  }
  await ask('/timer/')
  t.notOk(upstream.requests.some(({ target }) => target === '/nosuchthing/'))
  t.comment(`${ends.length * 3} requests behind the end of a connection, 0 carried out`)
})

t.test('what is no request behind one that is out gives no second answer to it', async (t) => {
  const { port, sim } = await buildTestProxy(t)
  const hold = sim.hold()
  const connection = await open(port, get('/timer/'))
  await hold.untilWaiting(1)
  connection.socket.write('garbage\r\n\r\n')
  await connection.untilClosed()
  t.equal(connection.received(), '', 'a 400 here would be taken for the answer to the first')
  hold.release()
})
