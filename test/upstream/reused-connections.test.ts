// A connection that the upstream closes when a request is written to it: what the failure says, for
// plain connections and TLS, and a new connection for the second attempt.
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { classifyFailure } from '../../src/upstream/index.js'
import { dispatcherTo } from './setup.js'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'

type Behaviour = (socket: Socket, requestOnConnection: number) => void

/** An upstream that acts on each request head it receives. */
async function rawUpstream(t: Test, behave: Behaviour) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    let requests = 0
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', () => behave(socket, ++requests))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const dispatcher = await dispatcherTo(t, `http://127.0.0.1:${port}`, {
    timeoutMs: 200,
    // A second connection would be opened before the first one is idle again.
    maxConnections: 1,
  })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { ...dispatcher, sockets }
}

async function failureOf(sending: Promise<unknown>): Promise<string> {
  try {
    await sending
  } catch (error) {
    return classifyFailure(error)
  }
  return 'none'
}

const CLOSINGS: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['a reset', (socket) => socket.resetAndDestroy()],
  ['a close', (socket) => socket.end()],
]

for (const [name, close] of CLOSINGS) {
  t.test(`${name} of a reused connection before any byte`, async (t) => {
    const { send, settled } = await rawUpstream(t, (socket, nth) =>
      nth === 1 ? socket.write(OK) : close(socket),
    )
    await send()
    t.equal(await failureOf(send()), 'reused-connection-closed')
    t.same(settled, ['answered', 'dead'], 'its permit stays booked until the connection is dead')
  })

  t.test(`${name} of a new connection before any byte`, async (t) => {
    const { send } = await rawUpstream(t, (socket) => close(socket))
    t.equal(await failureOf(send()), 'unknown')
  })

  t.test(`${name} of a reused connection after some bytes`, async (t) => {
    for (const bytes of ['H', 'HTTP/1.1 1', 'HTTP/1.1 100 Continue\r\n\r\n', OK.slice(0, -1)]) {
      const { send } = await rawUpstream(t, (socket, nth) => {
        if (nth === 1) socket.write(OK)
        else socket.write(bytes, () => setTimeout(() => close(socket), 20))
      })
      await send()
      t.equal(await failureOf(send()), 'unknown', JSON.stringify(bytes))
    }
  })
}

t.test('our own timeout and our own reset on a reused connection', async (t) => {
  const { send } = await rawUpstream(t, (socket, nth) => nth === 1 && socket.write(OK))
  await send()
  const gone = new AbortController()
  const sending = failureOf(send({ signal: gone.signal }))
  setTimeout(() => gone.abort(new Error('gone')), 20)
  t.equal(await sending, 'unknown')

  const slow = await rawUpstream(t, (socket, nth) => nth === 1 && socket.write(OK))
  await slow.send()
  t.equal(await failureOf(slow.send()), 'unknown')
})

t.test('a connection of its own for the second attempt, and only for that', async (t) => {
  const { send, sockets } = await rawUpstream(t, (socket) => socket.write(OK))
  await send()
  await send({ needsNewConnection: true })
  t.equal(sockets.length, 2, 'the idle connection is left alone')
  await send({ needsNewConnection: true })
  t.equal(sockets.length, 3, 'and no unpooled connection is used twice')
  await send()
  t.equal(sockets.length, 3, 'the others go on sharing')
})

t.test('no connection: not sent', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const { send, settled } = await dispatcherTo(t, `http://127.0.0.1:${port}`)
  t.equal(await failureOf(send()), 'not-sent')
  t.same(settled, ['unsent'])
})

t.test('a permit that was used before', async (t) => {
  const { send, permit } = await rawUpstream(t, (socket) => socket.write(OK))
  const used = await permit()
  await send({ permit: used })
  t.equal(await failureOf(send({ permit: used })), 'permit-void')
})

t.test('a refusal', async (t) => {
  const { send } = await rawUpstream(t, (socket) =>
    socket.write('HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n'),
  )
  t.equal(await failureOf(send()), 'refused')
})

t.test('the cause counts when the error is wrapped; anything else is unknown', async (t) => {
  const { send } = await rawUpstream(t, (socket, nth) =>
    nth === 1 ? socket.write(OK) : socket.destroy(),
  )
  await send()
  const error: unknown = await send().catch((error: unknown) => error)
  t.equal(classifyFailure(new Error('wrapped', { cause: error })), 'reused-connection-closed')
  const loop = new Error('loop')
  loop.cause = loop
  for (const other of [undefined, null, 'text', {}, new Error('other'), loop]) {
    t.equal(classifyFailure(other), 'unknown')
  }
})
