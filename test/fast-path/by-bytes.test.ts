/** Hits that are known by their bytes: answered like all others, in their order, and by nobody else's. */
import { createConnection, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { RawRequestCache } from '../../src/fast-path/raw-request-cache.js'
import {
  buildTestProxy,
  startUpstream,
  type TestProxy,
  type TestProxyOptions,
} from '../server/build.js'
import { basic } from '../server/client.js'
import { bytesOf, open, until } from '../server/hostile/raw-client.js'

/** How many requests Node's parser has told of. */
function countParsed({ app }: TestProxy): () => number {
  let count = 0
  app.server.on('request', () => count++)
  return () => count
}

/** The server's end of the connection that was made last. */
function lastSocketOf({ app }: TestProxy): () => Socket {
  let last: Socket | undefined
  app.server.on('connection', (socket: Socket) => (last = socket))
  return () => {
    if (last === undefined) throw new Error('there was no connection')
    return last
  }
}

/** How long a list of clients is fresh. */
const TTL_MS = 600_000
const CLIENTS = bytesOf('GET /client/ HTTP/1.1')

/** A connection on which `/client/` was answered often enough to be known by its bytes. */
async function known(t: Test, options: TestProxyOptions = {}, bytes = CLIENTS) {
  const proxy = await buildTestProxy(t, options)
  const parsed = countParsed(proxy)
  const socketOf = lastSocketOf(proxy)
  const connection = await open(proxy.port)
  t.teardown(() => connection.socket.destroy())
  /** Sends them, waits for one more answer, and says how many requests were parsed for it. */
  async function asks(what = bytes): Promise<{ answer: string; parsed: number }> {
    const before = parsed()
    const from = connection.received().length
    connection.socket.write(Buffer.from(what, 'latin1'))
    const isHead = what.startsWith('HEAD')
    await until(() => isWhole(connection.received().slice(from), isHead), 'the whole answer')
    return { answer: connection.received().slice(from), parsed: parsed() - before }
  }
  for (let time = 0; time < 3; time++) await asks()
  return { ...proxy, connection, asks, parsed, socketOf }
}

function isWhole(answer: string, isHead: boolean): boolean {
  const [head = '', ...body] = answer.split('\r\n\r\n')
  const length = /content-length: (\d+)/iu.exec(head)?.[1]
  if (isHead) return body.length > 0
  const isChunked = /transfer-encoding: chunked/iu.test(head)
  if (isChunked) return answer.endsWith('0\r\n\r\n')
  return length !== undefined && body.join('\r\n\r\n').length >= Number(length)
}

const linesOf = (answer: string): string[] =>
  answer
    .split('\r\n\r\n', 1)
    .join('')
    .split('\r\n')
    .map((line) =>
      line.replace(/^(age|ratelimit|x-request-id|Date): .*/u, '$1').replace(/ttl=\d+/u, 'ttl'),
    )
    .toSorted()

t.test('the same bytes are answered without being parsed, and the same', async (t) => {
  const ways: Readonly<Record<string, readonly string[]>> = {
    plain: [],
    gzip: ['accept-encoding: gzip'],
    'a tag that is not the one': ['if-none-match: "other"'],
    'an id of its own': ['x-request-id: mine-1'],
  }
  for (const [name, headers] of Object.entries(ways)) {
    const bytes = bytesOf('GET /client/ HTTP/1.1', headers)
    const { asks, connection } = await known(t, {}, bytes)
    const parsedAnswer = connection.received().slice(connection.received().lastIndexOf('HTTP/1.1 '))
    const { answer, parsed } = await asks()
    t.equal(parsed, 0, name)
    t.strictSame(linesOf(answer), linesOf(parsedAnswer), name)
    t.equal(answer.split('\r\n\r\n')[1], parsedAnswer.split('\r\n\r\n')[1], name)
  }
})

t.test('a tag that is known gets 304 and no body', async (t) => {
  const first = await buildTestProxy(t)
  const { etag = '' } = (await first.ask('/client/')).headers
  const bytes = bytesOf('GET /client/ HTTP/1.1', [`if-none-match: ${etag}`])
  const proxy = await buildTestProxy(t)
  await proxy.ask('/client/')
  const parsed = countParsed(proxy)
  const connection = await open(proxy.port)
  for (let time = 1; time <= 4; time++) {
    connection.socket.write(bytes)
    await connection.untilStatuses(time)
  }
  t.equal(parsed(), 2)
  t.strictSame(connection.statuses(), [304, 304, 304, 304])
  t.match(connection.received().split('HTTP/1.1 ').at(-1), /^304 Not Modified\r\n(.+\r\n)+\r\n$/u)
  connection.socket.destroy()
})

t.test('another target with the same lines below it need not be parsed either', async (t) => {
  const { asks } = await known(t)
  await asks(bytesOf('GET /client/?limit=1 HTTP/1.1'))
  const again = await asks(bytesOf('GET /client/?limit=1 HTTP/1.1'))
  t.equal(again.parsed, 0)
  t.match(again.answer, /; hit/u)
})

t.test('what differs in one byte is parsed', async (t) => {
  const { asks } = await known(t)
  const others = [
    CLIENTS.replace('accept', 'Accept'),
    CLIENTS.replace('HTTP/1.1\r\n', 'HTTP/1.1\r\nx-other: 1\r\n'),
    CLIENTS.replace('GET', 'HEAD'),
    `\r\n${CLIENTS}`,
    bytesOf('GET /project/ HTTP/1.1'),
  ]
  for (const bytes of others) t.equal((await asks(bytes)).parsed, 1, JSON.stringify(bytes))
})

t.test('another credential, another peer and another configuration are not known', async (t) => {
  const { asks, app, port, reload } = await known(t)
  const other = CLIENTS.replace(basic('agencyadm01'), basic('studioadm01'))
  t.match((await asks(other)).answer, /fwd=uri-miss/u)
  t.equal((await asks()).parsed, 0)
  reload({ cache: { floor: '1s' } })
  t.equal((await asks()).parsed, 1, 'read anew')
  const socket = createConnection({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  const requests: string[] = []
  app.server.on('request', ({ socket: { remoteAddress } }: { socket: Socket }) =>
    requests.push(`${remoteAddress}`),
  )
  for (let time = 0; time < 2; time++) {
    socket.write(CLIENTS)
    await new Promise((resolve) => socket.once('data', resolve))
  }
  socket.destroy()
  t.strictSame(requests, ['127.0.0.2', '127.0.0.2'], 'the other one is asked who it is')
})

t.test('a write that is acknowledged is seen at once, on the same connection', async (t) => {
  const { asks } = await known(t)
  for (const name of ['One', 'Two', 'Three']) {
    const body = JSON.stringify({ name })
    const put = bytesOf('PUT /client/1/ HTTP/1.1', [`content-length: ${body.length}`], body)
    await asks(put)
    t.match((await asks()).answer, /fwd=uri-miss/u, name)
    const again = await asks()
    t.match(again.answer, /; hit/u)
    t.equal(again.parsed, 0, 'a body before it does no harm')
  }
})

t.test('what is stale, refused or purged is left to the long way', async (t) => {
  const { ask, asks, purge, sim, clock } = await known(t)
  await purge()
  t.match((await asks()).answer, /fwd=uri-miss/u)
  t.equal((await asks()).parsed, 0)
  clock.advance(TTL_MS + 1_000)
  const stale = await asks()
  t.equal(stale.parsed, 1)
  t.notMatch(stale.answer, /; hit; ttl=\d+\r/u)
  sim.setFaults([{ kind: 'status', status: 401 }])
  t.equal((await ask('/project/')).status, 401)
  t.match((await asks()).answer, /^HTTP\/1\.1 401/u)
})

t.test('whatever comes in another form than one whole head is parsed, in its order', async (t) => {
  const { asks, connection, parsed } = await known(t)
  t.equal((await asks()).parsed, 0)
  const before = parsed()
  const half = CLIENTS.length >> 1
  connection.socket.write(CLIENTS + CLIENTS.slice(0, half))
  await connection.untilStatuses(5)
  connection.socket.write(CLIENTS.slice(half) + CLIENTS)
  await connection.untilStatuses(7)
  // On this connection nobody is sure any more, so all of it is parsed.
  connection.socket.write(CLIENTS)
  await connection.untilStatuses(8)
  t.equal(parsed() - before, 4)
  t.ok(connection.statuses().every((status) => status === 200))
})

t.test('a head that is known within another request is none', async (t) => {
  const { asks, connection, parsed, socketOf } = await known(t)
  const { socket } = connection
  /** In a piece of its own: the server has read all before it. */
  async function then(bytes: string): Promise<void> {
    await until(() => socketOf().bytesRead === sentBytes, 'the piece before')
    sentBytes += bytes.length
    socket.write(bytes)
  }
  let sentBytes = socketOf().bytesRead
  const before = parsed()
  await then(bytesOf('PUT /client/1/ HTTP/1.1', [`content-length: ${CLIENTS.length}`]))
  await then(CLIENTS)
  await connection.untilStatuses(4)
  t.equal(parsed() - before, 1, 'it was the body')
  t.match((await asks()).answer, /fwd=uri-miss/u, 'and the body is over')
  t.equal((await asks()).parsed, 0)
  sentBytes = socketOf().bytesRead
  await then('GET /client/ HTTP/1.1\r\nx-unfinished: ')
  await then(CLIENTS)
  await connection.untilStatuses(7)
  t.equal(parsed() - before, 3, 'its first line was the value of a header')
  t.equal((await asks()).parsed, 1, 'from there on all is parsed')
})

t.test('long answers come whole to who reads slowly, and in their order', async (t) => {
  const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(6_000_000) }))
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(body)
  })
  const proxy = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    settings: { cache: { maxEntrySize: '8MiB' } },
  })
  const parsed = countParsed(proxy)
  const socketOf = lastSocketOf(proxy)
  const socket = createConnection({ port: proxy.port, host: '127.0.0.1' })
  let received = 0
  socket.on('data', (chunk) => (received += chunk.length))
  socket.on('error', () => {})
  let wholeBytes = 0
  for (let time = 0; time < 3; time++) {
    const from = received
    socket.write(CLIENTS)
    await until(() => received - from > body.length, 'the whole answer')
    wholeBytes = received - from
  }
  const before = parsed()
  /** Asks without reading until an answer is more than the kernel takes; how often that was. */
  async function askSlowly(): Promise<number> {
    socket.pause()
    for (let count = 1; ; count++) {
      const wholeAt = socketOf().bytesWritten + wholeBytes - 100
      let stuckFor = 0
      socket.write(CLIENTS)
      await until(() => {
        const { writableLength, bytesWritten } = socketOf()
        stuckFor = writableLength > 0 ? stuckFor + 1 : 0
        return stuckFor > 10 || (writableLength === 0 && bytesWritten >= wholeAt)
      }, 'an answer that waits for its reader, or is with the kernel')
      if (stuckFor > 0) return count
    }
  }
  let from = received
  const answers = (await askSlowly()) + 1
  socket.write(CLIENTS)
  socket.resume()
  await until(() => received - from >= answers * body.length, 'all answers')
  await until(() => socketOf().writableLength === 0, 'nothing left')
  t.ok(Math.abs(received - from - answers * wholeBytes) < 100 * answers, 'all of them whole')
  t.equal(parsed(), before)

  from = received
  const last = await askSlowly()
  proxy.app.server.closeIdleConnections()
  const ended = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  await ended
  t.ok(received - from > last * body.length, 'what is under way is not idle, and closed when it is')
})

t.test('what is remembered is bounded', async (t) => {
  const requests = new RawRequestCache(() => undefined)
  const head = {} as never
  const text = (n: number): Buffer => Buffer.from(bytesOf('GET /client/ HTTP/1.1', [`x-n: ${n}`]))
  for (let n = 0; n < 10_000; n++) requests.learn('peer', text(n), head)
  t.equal(requests.size, 2_000)
  requests.learn('peer', Buffer.from(bytesOf('GET / HTTP/1.1', [`x: ${'y'.repeat(3_000)}`])), head)
  t.equal(requests.size, 2_000, 'and nothing long')
})
