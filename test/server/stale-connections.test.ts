// An upstream that closes an idle connection at the moment when a request is written to it.
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { buildTestProxy } from './build.js'

const OK =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"code":200}'

/** Answers the first request of each connection, and resets it at the second one. */
async function impatientUpstream(t: Test, { resetsAll = (): boolean => false } = {}) {
  const arrived: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let requests = 0
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      arrived.push(/^\S+ \S+/u.exec(bytes.toString())?.[0] ?? '')
      if (++requests > 1 || resetsAll()) socket.resetAndDestroy()
      else socket.write(OK)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { arrived, url: `http://127.0.0.1:${port}` }
}

const build = (t: Test, upstreamUrl: string) =>
  buildTestProxy(t, { upstreamUrl, settings: { limits: { minute: { max: 2 } } } })

/** The pool hands a connection out again one turn of the event loop after it became idle. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 20))

t.test('a read is sent once more, with a permit of its own', async (t) => {
  for (const path of ['/client/', '/timer/']) {
    const { arrived, url } = await impatientUpstream(t)
    const { ask } = await buildTestProxy(t, { upstreamUrl: url })
    t.equal((await ask(`${path}?1`)).status, 200)
    await idle()
    const second = await ask(`${path}?2`)
    t.equal(second.status, 200, path)
    t.same(arrived, [`GET ${path}?1`, `GET ${path}?2`, `GET ${path}?2`])
    const { budgets } = JSON.parse((await ask('/-/status')).text) as { budgets: object }
    t.match(budgets, { minute: { used: 3, inFlight: 0 } }, 'each attempt has its own permit')
  }
})

t.test('a write is not', async (t) => {
  const { arrived, url } = await impatientUpstream(t)
  const { ask } = await build(t, url)
  await ask('/timer/')
  await idle()
  const answer = await ask('/time/', { method: 'POST', body: '{}' })
  t.equal(answer.status, 502)
  t.same(arrived, ['GET /timer/', 'POST /time/'])
})

t.test('a read is sent again once, not twice', async (t) => {
  let isDown = false
  const { arrived, url } = await impatientUpstream(t, { resetsAll: () => isDown })
  const { ask } = await buildTestProxy(t, { upstreamUrl: url })
  await ask('/timer/')
  await idle()
  isDown = true
  t.equal((await ask('/timer/')).status, 502)
  t.equal(arrived.length, 3)
})

t.test('not past the deadline of its wait: the second permit has to be free in time', async (t) => {
  const { arrived, url } = await impatientUpstream(t)
  const { ask } = await build(t, url)
  await ask('/timer/')
  await idle()
  const answer = await ask('/timer/', { headers: { prefer: 'wait=1' } })
  t.equal(answer.status, 429, 'both permits of the window are spent')
  t.equal(arrived.length, 2)
})
