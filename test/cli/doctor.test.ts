import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { runCommand } from './spawn.js'
import { startStandIn } from './stand-in.js'

/** An upstream that counts connections and bytes. */
async function startUpstream(t: Test) {
  const seen = { connections: 0, bytes: 0 }
  const server = createServer((socket) => {
    seen.connections += 1
    socket.on('data', (chunk) => (seen.bytes += chunk.length)).on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen }
}

const levels = (out: string) => out.split('\n').map((line) => line.split(/ {2,}/u, 2).join(' '))

t.test('all well', async (t) => {
  const upstream = await startUpstream(t)
  const proxy = await startStandIn(t, () => ({ body: { upstream: { clockOffsetMs: -400 } } }))
  const { code, out, err } = await runCommand(['doctor'], {
    cwd: t.testdir({}),
    env: { INTERVALS_PROXY_PORT: String(proxy.port), INTERVALS_PROXY_UPSTREAM: upstream.url },
  })
  t.equal(err, '')
  t.strictSame(levels(out), [
    'ok configuration',
    'ok data directory',
    'ok disk',
    'ok access',
    'ok proxy',
    'ok upstream',
    'ok egress',
    'ok quota',
    'ok budgets',
    'ok clock',
    'all well',
    '',
  ])
  t.equal(code, 0)
  t.strictSame(upstream.seen, { connections: 1, bytes: 0 })
})

t.test('everything wrong, each with what to do', async (t) => {
  const cwd = t.testdir({ 'intervals-proxy-data': 'a file' })
  const env = { INTERVALS_PROXY_PORT: '1', INTERVALS_PROXY_UPSTREAM: 'http://127.0.0.1:2/' }
  const { code, out } = await runCommand(['doctor'], { cwd, env })
  t.equal(code, 1)
  t.match(out, /^fail {2}data directory {2}.*name a directory in store\.dir$/mu)
  t.match(out, /^fail {2}proxy .*start it with "intervals-proxy serve"/mu)
  t.match(out, /^fail {2}upstream .*nothing listens there: check upstream\.url$/mu)
  t.match(out, /^warn {2}clock /mu)
  t.match(out, /^3 fail, 2 warn$/mu)
})

t.test('a proxy that is not ready says why', async (t) => {
  const upstream = await startUpstream(t)
  const proxy = await startStandIn(t, (path) =>
    path === '/-/readyz'
      ? { status: 503, body: { reasons: ['starting'] } }
      : { body: { upstream: { clockOffsetMs: 90_000 } } },
  )
  const { code, out } = await runCommand(['doctor', '--url', proxy.url], {
    env: { INTERVALS_PROXY_UPSTREAM: upstream.url },
  })
  t.equal(code, 1)
  t.match(out, /^fail {2}proxy .*is not ready: \{"reasons":\["starting"\]\}$/mu)
  t.match(out, /^warn {2}clock .*90\.0 s behind that of Intervals: set this machine's clock/mu)
})

t.test('an upstream without the TLS it should have', async (t) => {
  const upstream = await startStandIn(t, () => ({ body: {} }))
  const { out } = await runCommand(['doctor', '--json'], {
    env: { INTERVALS_PROXY_UPSTREAM: upstream.url.replace('http:', 'https:') },
  })
  const findings = JSON.parse(out) as { subject: string; level: string; message: string }[]
  t.match(
    findings.find(({ subject }) => subject === 'upstream'),
    { level: 'fail', message: /cannot connect/u },
  )
  t.strictSame(upstream.asked, [])
})

t.test('a bad configuration is all there is to say', async (t) => {
  const { code, out } = await runCommand(['doctor'], { env: { INTERVALS_PROXY_PORT: 'x' } })
  t.equal(code, 1)
  t.strictSame(levels(out), ['fail configuration', '1 fail, 0 warn', ''])
})
