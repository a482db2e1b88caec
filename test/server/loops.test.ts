// Proxies whose upstreams lead back to them: a request goes round once, whatever the number of proxies.
import { createServer, request as send, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { buildTestProxy, startUpstream } from './build.js'
import { problemOf } from './client.js'

/** A server whose target is known later: what listens there stands in for a name that points back. */
async function relay(t: Test): Promise<{ url: string; to(port: number): void; seen: string[] }> {
  let target = 0
  const seen: string[] = []
  const server: Server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.via ?? ''}`)
    const { method, url, headers } = request
    const onward = send(
      { port: target, host: '127.0.0.1', method, path: url, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, to: (next) => (target = next), seen }
}

const REQUESTS = [
  ['GET', '/client/'],
  ['GET', '/document/5/download/'],
  ['PUT', '/client/1/'],
  ['OPTIONS', '/client/'],
] as const

for (const profile of ['intervals', 'http'] as const) {
  for (const count of [1, 2, 3]) {
    t.test(`${profile}: a loop of ${count}`, async (t) => {
      const last = await relay(t)
      const settings = { cache: { profile }, limits: { day: { max: 1_000 } } }
      const ring = []
      let upstreamUrl = last.url
      for (let n = 0; n < count; n++) {
        const secret = () => Buffer.alloc(32, n + 1)
        const proxy = await buildTestProxy(t, { upstreamUrl, settings, deps: { secret } })
        ring.push(proxy)
        upstreamUrl = `http://127.0.0.1:${proxy.port}/`
      }
      const first = ring.at(-1)!
      last.to(first.port)
      for (const [method, path] of REQUESTS) {
        last.seen.length = 0
        const answer = await first.ask(path, { method })
        t.equal(answer.status, 508, `${method} ${path}`)
        t.match(problemOf(answer).error, { reason: 'LOOP_DETECTED', message: /upstream\.url/ })
        t.equal(last.seen.length, 1, 'it went round once')
      }
      const xml = await first.ask('/project/', { headers: { accept: 'application/xml' } })
      t.match(xml, { status: 508, text: /LOOP_DETECTED/ })
    })
  }
}

t.test('replicas that share a secret notice what one of them sent', async (t) => {
  const last = await relay(t)
  const [one, other] = [
    await buildTestProxy(t, { upstreamUrl: last.url }),
    await buildTestProxy(t, { upstreamUrl: last.url }),
  ]
  last.to(other.port)
  t.equal((await one.ask('/client/')).status, 508)
})

t.test('who the clients are stays here; proxies of this kind are passed on', async (t) => {
  const seen: (string | undefined)[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push(request.headers.via)
    response.setHeader('content-type', 'application/json').end('{"code":200}')
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const near = '1.1 intervals-proxy-0123456789abcdef'
  await ask('/client/', { headers: { via: `1.1 office.example (squid), ${near}` } })
  await ask('/timer/', { method: 'POST', body: '{}' })
  const own = seen.at(-1) ?? ''
  t.match(own, /^1\.1 intervals-proxy-[\da-f]{16}$/u)
  t.strictSame(seen.slice(-2), [`${near}, ${own}`, own])
})
