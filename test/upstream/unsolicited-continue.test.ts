import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import { withoutContinue } from '../../src/upstream/unsolicited-continue.js'
import { dispatcherTo } from './setup.js'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'

t.test('interim heads in front of a response are removed, at any split', async (t) => {
  const heads = [
    '',
    CONTINUE,
    CONTINUE + CONTINUE,
    'HTTP/1.0 100 \r\n\r\n',
    'HTTP/1.1 100 Continue\r\nx: y\r\n\r\n',
  ]
  for (const head of heads) {
    const bytes = Buffer.from(head + OK)
    for (let at = 1; at <= bytes.length; at++) {
      const start = withoutContinue(bytes.subarray(0, at))
      const whole = start === undefined ? withoutContinue(bytes) : undefined
      const result = start === undefined ? whole : Buffer.concat([start, bytes.subarray(at)])
      if (result?.toString() !== OK) t.fail(`${JSON.stringify(head)} split at ${at}`)
    }
  }
  t.pass('all of them')
})

t.test('other bytes stay as they are', async (t) => {
  for (const text of ['HTTP/1.1 101 x\r\n\r\n', 'HTTP/1.1 102 x\r\n\r\n', 'HTTP/2.1', 'x', OK]) {
    t.equal(withoutContinue(Buffer.from(text))?.toString(), text)
  }
})

t.test('the interim heads have a bound', async (t) => {
  t.equal(withoutContinue(Buffer.from(`HTTP/1.1 100 ${'x'.repeat(100)}`)), undefined)
  t.ok(withoutContinue(Buffer.from(`HTTP/1.1 100 ${'x'.repeat(5_000)}`)))
  t.ok(withoutContinue(Buffer.from(`${CONTINUE.repeat(500)}HTT`)))
})

t.test('the final response comes through, on new and reused connections', async (t) => {
  const sockets: Socket[] = []
  let requests = 0
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', () => {
      requests++
      // In one piece, and torn apart within the status line and within the head.
      const cut = [0, 5, 11, 24, CONTINUE.length][requests % 5] ?? 0
      const bytes = CONTINUE + OK
      socket.write(bytes.slice(0, cut))
      setTimeout(() => socket.write(bytes.slice(cut)), 10)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const { send, settled } = await dispatcherTo(t, `http://127.0.0.1:${port}`, { maxConnections: 1 })
  for (let count = 0; count < 5; count++) {
    const { status, body } = await send({ method: 'POST', body: Buffer.from('{}') })
    t.equal(status, 200)
    t.equal(body.toString(), '{}')
  }
  t.same(
    settled,
    Array.from({ length: 5 }, () => 'answered'),
  )
  t.equal(sockets.length, 1, 'the connection stays usable')
  t.equal(requests, 5, 'each request was sent once')
})
