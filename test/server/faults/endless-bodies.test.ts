/** Bodies without an end: bounded memory, and over as soon as nobody listens. */
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { buildTestProxy } from '../build.js'
import { ask as askPort, basic, until } from '../client.js'
import { startHostileUpstream } from './hostile-upstream.js'
import { chunk, floods, HEAD_JSON } from './plays.js'

const CHUNKED = `${HEAD_JSON}transfer-encoding: chunked\r\n\r\n`
const endless = floods(CHUNKED, chunk('a'.repeat(16_384)))

const SMALL = { cache: { maxSize: '1MiB', maxEntrySize: '64KiB' } }
const WAYS = [
  ['a cached read', 'GET', '/client/'],
  ['a read that is not cached', 'GET', '/tasknote/'],
  ['a write', 'POST', '/timer/'],
] as const

function open(port: number, method: string, path: string, version = '1.1'): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const authorization = basic('agencyadm01')
  socket.write(
    `${method} ${path} HTTP/${version}\r\nhost: a\r\naccept: application/json\r\n` +
      `authorization: ${authorization}\r\ncontent-length: 0\r\n\r\n`,
  )
  return socket
}

for (const [way, method, path] of WAYS) {
  t.test(`${way}: passed on as it comes, and cut when the consumer leaves`, async (t) => {
    const upstream = await startHostileUpstream(t, { faultOf: () => endless })
    const { port, status } = await buildTestProxy(t, { upstreamUrl: upstream.url, settings: SMALL })
    for (const target of [path, `${path}?again`, path]) {
      const consumer = open(port, method, target)
      let bytes = 0
      consumer.on('data', (piece: Buffer) => (bytes += piece.length))
      await until(() => bytes > 4 * 1024 * 1024, 'four MiB')
      consumer.destroy()
      await until(() => upstream.open.size === 0, 'the upstream is let go')
    }
    t.equal((await status()).budgets.minute.inFlight, 0)
    t.equal((await status()).cache.entries, 0)
    t.equal((await status()).cache.flights, 0)
  })

  t.test(`${way}: the consumer leaves before there is an answer`, async (t) => {
    const held: Socket[] = []
    const upstream = await startHostileUpstream(t, {
      faultOf: () => (socket) => void held.push(socket),
    })
    const proxy = await buildTestProxy(t, { upstreamUrl: upstream.url, settings: SMALL })
    const { port, app, status } = proxy
    let isClosed = false
    app.server.on('connection', (socket) => socket.on('close', () => (isClosed = true)))
    const consumer = open(port, method, path)
    await until(() => held.length === 1, 'it has come to the upstream')
    consumer.destroy()
    await until(() => isClosed, 'the proxy knows')
    for (const socket of held) endless(socket, upstream.arrivals[0] ?? (t.fail('none') as never))
    await until(() => upstream.open.size === 0, 'the upstream is let go')
    t.equal((await status()).budgets.minute.inFlight, 0)
    t.equal((await status()).cache.flights, 0)
  })
}

/** Turns of the event loop in which nothing was sent, after which nothing will be. */
const STILL_TURNS = 500

t.test('a consumer that does not read: the upstream has to wait', async (t) => {
  const upstream = await startHostileUpstream(t, { faultOf: () => endless })
  const { port } = await buildTestProxy(t, { upstreamUrl: upstream.url, settings: SMALL })
  for (const [way, method, path] of WAYS) {
    const consumer = open(port, method, path)
    await until(() => upstream.open.size === 1, 'it has come')
    const [socket] = upstream.open
    // What both kernels buffer, and no more: it stands still.
    let [before, turns] = [-1, 0]
    await until(() => {
      const { bytesWritten = 0 } = socket ?? {}
      turns = bytesWritten === before ? turns + 1 : 0
      before = bytesWritten
      return turns > STILL_TURNS
    }, 'it to stand still')
    t.ok(
      before < 64 * 1024 * 1024,
      `${way}: ${(before / 1024 / 1024).toFixed(1)} MiB, then it waits`,
    )
    consumer.destroy()
    await until(() => upstream.open.size === 0, 'let go')
  }
})

const HALF: readonly (readonly [string, string])[] = [
  ['a length', `${HEAD_JSON}content-length: 1000\r\n\r\n{"half":`],
  ['chunks', `${CHUNKED}${chunk('{"half":')}`],
]

for (const [framing, bytes] of HALF) {
  t.test(
    `half a body with ${framing}, to a consumer that speaks HTTP/1.0: no proper end`,
    async (t) => {
      const upstream = await startHostileUpstream(t, {
        faultOf: () => (socket) => void socket.write(bytes),
      })
      const { port } = await buildTestProxy(t, { upstreamUrl: upstream.url })
      const consumer = open(port, 'GET', '/tasknote/', '1.0')
      let said = ''
      let error: NodeJS.ErrnoException | undefined
      consumer.on('data', (piece: Buffer) => (said += piece.toString()))
      consumer.on('error', (one) => (error = one))
      await until(() => said.includes('{"half":'), 'the half')
      const closed = new Promise((resolve) => consumer.once('close', resolve))
      for (const socket of upstream.open) socket.end()
      await closed
      t.equal(error?.code, 'ECONNRESET', 'a reset is no end')
    },
  )
}

t.test('a long answer that drips at its end is cut by upstream.answerTimeout', async (t) => {
  const upstream = await startHostileUpstream(t, {
    faultOf: () => (socket) => {
      socket.write(CHUNKED + chunk('a'.repeat(100_000)))
      const timer = setInterval(() => socket.write(chunk('a')), 20)
      socket.on('close', () => clearInterval(timer))
    },
  })
  const { port, lines } = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    settings: { ...SMALL, upstream: { timeout: '5s', answerTimeout: '300ms' } },
  })
  for (const [, method, path] of WAYS) {
    await t.rejects(askPort(port, path, { method }), { code: 'ECONNRESET' })
    await until(() => upstream.open.size === 0, 'let go')
  }
  t.match(JSON.stringify(lines), /no complete response within 300 ms/)
})
