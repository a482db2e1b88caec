import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import t from 'tap'
import type { Test } from 'tap'
import { localhost } from '../server/edge/tls/fixtures.js'
import { dispatcherTo, upstreamOf } from './setup.js'

/** A web proxy that tunnels, or gives `refusal` as its answer. */
async function webProxy(t: Test, refusal?: string) {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client.on('error', () => {}))
    client.once('data', (data) => {
      heads.push(String(data))
      if (refusal !== undefined) {
        client.write(refusal)
        return
      }
      const port = Number(/^CONNECT \S+:(\d+) /u.exec(String(data))?.[1])
      const onward = connect({ port, host: '127.0.0.1' }, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        client.pipe(onward).pipe(client)
      })
      sockets.add(onward.on('error', () => client.destroy()))
      client.on('close', () => onward.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { heads, url: `http://me:hu%40sh@127.0.0.1:${port}` }
}

const answer = (_: unknown, response: { end: (text: string) => void }) => response.end('hello')

t.test('an upstream with http is called through a tunnel, which is reused', async (t) => {
  const proxy = await webProxy(t)
  const { port } = await upstreamOf(t, answer)
  const { send } = await dispatcherTo(t, `http://127.0.0.1:${port}`, {
    proxy: proxy.url,
    maxConnections: 1,
  })
  for (let i = 0; i < 3; i++) t.equal(String((await send()).body), 'hello')
  const login = Buffer.from('me:hu@sh').toString('base64')
  t.strictSame(proxy.heads, [
    `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nProxy-Authorization: Basic ${login}\r\n\r\n`,
  ])
})

t.test('an upstream with https is verified end to end through the tunnel', async (t) => {
  const proxy = await webProxy(t)
  const server = createTlsServer(localhost, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  const trusting = await dispatcherTo(t, origin, { proxy: proxy.url, ca: () => localhost.cert })
  t.equal(String((await trusting.send()).body), 'hello')
  const strict = await dispatcherTo(t, origin, { proxy: proxy.url })
  await t.rejects(strict.send(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  t.strictSame(strict.settled, ['unsent'])
})

t.test('an answer that ends with a reset is not complete through a tunnel either', async (t) => {
  const proxy = await webProxy(t)
  const { port } = await upstreamOf(t, (_, response) => {
    response.writeHead(200, { 'content-length': '10' })
    response.write('half', () => response.destroy())
  })
  const { send } = await dispatcherTo(t, `http://127.0.0.1:${port}`, { proxy: proxy.url })
  await t.rejects(send())
})

for (const [name, refusal, message] of [
  ['a refusal', 'HTTP/1.1 407 Login\r\n\r\n', /upstream\.proxy refused .* with 407/],
  ['no HTTP', 'SSH-2.0-x\r\n\r\n', /does not speak HTTP/],
  ['more than an answer', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', /sent more/],
  ['endless headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4_000)}`, /too many headers/],
  ['silence', '', /did not answer CONNECT in time/],
] as const) {
  t.test(`${name} of the web proxy is an error, and nothing was sent`, async (t) => {
    const { url } = await webProxy(t, refusal)
    const proxied = await dispatcherTo(t, 'http://127.0.0.1:9', { proxy: url, timeoutMs: 1_000 })
    await t.rejects(proxied.send(), { code: 'UPSTREAM_PROXY', message })
    t.strictSame(proxied.settled, ['unsent'])
  })
}
