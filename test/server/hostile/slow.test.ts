/** Consumers that take their time: each is cut off in the end, and nobody else notices. */
import t from 'tap'
import { buildTestProxy, startUpstream } from '../build.js'
import { startBystander, untilNothingIsLeft, watchWarnings } from './bystander.js'
import { bytesOf, open, type RawConnection, until } from './raw-client.js'

/** Long enough for whoever means well on a busy machine. */
const TIMEOUT_MS = 4_000
const MANY = 20

const put = (headers: readonly string[]): string => bytesOf('PUT /client/1/ HTTP/1.1', headers)

/** What is sent at once; the rest comes byte by byte and never ends. */
const SLOW: readonly (readonly [name: string, first: string, status: number | undefined])[] = [
  ['nothing at all', '', undefined],
  ['a request line without end', 'GET /client/', 408],
  ['headers without end', bytesOf('GET /client/ HTTP/1.1').slice(0, -2), 408],
  ['one header without end', bytesOf('GET /client/ HTTP/1.1').slice(0, -4), 408],
  ['a body with Content-Length', put(['content-length: 100000']), 408],
  ['a chunk without end', `${put(['transfer-encoding: chunked'])}FFFFF\r\n`, 408],
  ['chunks of one byte', `${put(['transfer-encoding: chunked'])}1\r\na\r\n`, 408],
  ['the body of a GET', bytesOf('GET /client/ HTTP/1.1', ['content-length: 100000']), 408],
  ['a body after 100-continue', put(['content-length: 100000', 'expect: 100-continue']), 408],
  ['trailers without end', `${put(['transfer-encoding: chunked'])}0\r\nx: `, 408],
]

t.test('slow senders are cut off, cost no call, and hold up nobody', async (t) => {
  const warnings = watchWarnings(t)
  const proxy = await buildTestProxy(t, { deps: { connectionLookMs: 50 } })
  const { app, port, sim } = proxy
  app.server.headersTimeout = TIMEOUT_MS
  app.server.requestTimeout = TIMEOUT_MS
  const bystander = startBystander(proxy)
  const connections: (readonly [string, RawConnection, number | undefined])[] = []
  for (const [name, first, status] of SLOW) {
    for (let one = 0; one < MANY; one++) connections.push([name, await open(port, first), status])
  }
  const isChunked = (name: string): boolean => name.startsWith('chunks')
  const drip = setInterval(() => {
    for (const [name, { socket }] of connections) {
      if (socket.writable && !name.startsWith('nothing'))
        socket.write(isChunked(name) ? '1\r\na\r\n' : 'a')
    }
  }, 20)
  t.teardown(() => clearInterval(drip))
  await until(() => connections.every(([, { isClosed }]) => isClosed()), 'the end of all')
  clearInterval(drip)
  await bystander.stop(t, 'slow senders')
  for (const [name, connection, status] of connections) {
    if (!connection.isClosed()) t.fail(`${name}: still open`)
    const last = connection.statuses().at(-1)
    // The end can overtake the answer where bytes are still coming in.
    if (last !== undefined && last !== (status ?? 408)) t.fail(`${name}: ${last}`)
  }
  t.notOk(
    sim.arrivals.some(({ method }) => method === 'PUT'),
    'no slow body cost a call',
  )
  await untilNothingIsLeft(t, proxy, 'slow senders')
  t.strictSame(warnings(), [])
  t.comment(
    `${connections.length} slow senders, ${connections.length} cut off; meanwhile ${bystander.counts.hits} hits and ${bystander.counts.misses} misses of others`,
  )
})

const LONG = 8 * 1024 * 1024

/** Answers so long that the buffers of the system do not take them. */
const longAnswers = (t: Parameters<typeof startUpstream>[0]) =>
  startUpstream(t, ({ url = '' }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(/long/u.test(url) ? Buffer.alloc(LONG, 0x20) : '{}')
  })

const READERS: readonly (readonly [name: string, path: string, maxEntrySize: string])[] = [
  ['a stored answer', '/client/?long', '16MiB'],
  ['an answer too long to be stored', '/client/?long', '1MiB'],
  ['an answer past the cache', '/nosuchthing/?long', '1MiB'],
]

for (const [name, path, maxEntrySize] of READERS) {
  t.test(`who does not read ${name} is cut off, and others are not`, async (t) => {
    const warnings = watchWarnings(t)
    const upstream = await longAnswers(t)
    const proxy = await buildTestProxy(t, {
      upstreamUrl: upstream.url,
      settings: { cache: { maxEntrySize, maxSize: '64MiB' } },
      deps: { connectionLookMs: 300 },
    })
    const { port, ask } = proxy
    await ask(path)
    const bystander = startBystander(proxy)
    const idle = await Promise.all(
      Array.from({ length: MANY }, () => open(port, '').then((one) => (one.socket.pause(), one))),
    )
    for (const { socket } of idle) socket.write(bytesOf(`GET ${path} HTTP/1.1`))
    const cut = (): Promise<number> => proxy.metric('connections_cut_total{cause="slow-reader"}')
    await until(async () => (await cut()) >= MANY, 'the end of those connections')
    t.equal(await cut(), MANY)
    await bystander.stop(t, name)
    for (const { socket } of idle) socket.destroy()
    await untilNothingIsLeft(t, proxy, name)
    t.strictSame(warnings(), [])
    t.comment(
      `${MANY} that read nothing, ${MANY} cut off; meanwhile ${bystander.counts.hits} hits of others`,
    )
  })
}

t.test('who reads slowly but does read gets everything', async (t) => {
  const upstream = await longAnswers(t)
  const proxy = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    settings: { cache: { maxEntrySize: '16MiB', maxSize: '64MiB' } },
    deps: { connectionLookMs: 1_000 },
  })
  await proxy.ask('/client/?long')
  const { socket } = await open(
    proxy.port,
    bytesOf('GET /client/?long HTTP/1.1', ['connection: close']),
  )
  let bytes = 0
  let isClosed = false
  socket.on('close', () => (isClosed = true))
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    socket.pause()
    setImmediate(() => socket.resume())
  })
  await until(() => isClosed, 'the end')
  t.ok(bytes > LONG, `${bytes} bytes`)
})
