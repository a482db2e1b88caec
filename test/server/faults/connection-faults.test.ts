/** There is no connection to the upstream, or none that can be trusted. */
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { buildTestProxy, type TestProxyOptions } from '../build.js'
import { until } from '../client.js'
import { startHostileUpstream } from './hostile-upstream.js'
import { isProblem, noLeak } from './judge.js'
import { inProject } from '../../project.js'

const pem = (name: string): string =>
  readFileSync(inProject(`test/fixtures/tls/${name}.pem`), 'utf8')
const certificate = (name: string) => ({ key: pem(`${name}-key`), cert: pem(`${name}-cert`) })

const XML = { headers: { accept: 'application/xml' } }
const WAYS = [
  { name: 'a cached read', path: '/client/', format: 'json', request: {} },
  { name: 'a cached read of XML', path: '/client/', format: 'xml', request: XML },
  { name: 'a read that is not cached', path: '/tasknote/', format: 'json', request: {} },
  { name: 'HEAD', path: '/person/', format: 'json', request: { method: 'HEAD' } },
  { name: 'a write', path: '/timer/', format: 'json', request: { method: 'POST', body: '{}' } },
  { name: 'a write in XML', path: '/timer/', format: 'xml', request: { method: 'PUT', ...XML } },
] as const

interface Row {
  readonly name: string
  readonly reasons: readonly string[]
  readonly upstream: (t: Test) => Promise<{ url: string; ca?: string }>
  /** Whether the request was written, and so may have been counted. */
  readonly isSent?: boolean
}

const honest = { faultOf: () => undefined }

async function listening(t: Test, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const ROWS: readonly Row[] = [
  {
    name: 'refused',
    reasons: ['UPSTREAM_UNREACHABLE'],
    async upstream() {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      await new Promise((resolve) => server.close(resolve))
      return { url: `http://127.0.0.1:${port}/` }
    },
  },
  {
    name: 'a name that does not exist',
    // Some resolvers say so at once, others never.
    reasons: ['UPSTREAM_UNREACHABLE', 'UPSTREAM_TIMEOUT'],
    upstream: async () => ({ url: 'http://no-such-host.invalid/' }),
  },
  {
    name: 'a certificate that nobody vouches for',
    reasons: ['UPSTREAM_UNTRUSTED'],
    upstream: (t) => startHostileUpstream(t, { ...honest, tls: certificate('localhost') }),
  },
  {
    name: 'a certificate for another name',
    reasons: ['UPSTREAM_UNTRUSTED'],
    upstream: async (t) => ({
      ...(await startHostileUpstream(t, { ...honest, tls: certificate('elsewhere') })),
      ca: pem('elsewhere-cert'),
    }),
  },
  {
    name: 'a certificate that has expired',
    reasons: ['UPSTREAM_UNTRUSTED'],
    upstream: async (t) => ({
      ...(await startHostileUpstream(t, { ...honest, tls: certificate('expired') })),
      ca: pem('expired-cert'),
    }),
  },
  {
    name: 'HTTP where TLS was expected',
    reasons: ['UPSTREAM_UNREACHABLE'],
    async upstream(t) {
      const port = await listening(t, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
      return { url: `https://127.0.0.1:${port}/` }
    },
  },
  {
    name: 'TLS where HTTP was expected',
    reasons: ['UPSTREAM_GARBLED', 'UPSTREAM_BROKE_OFF'],
    isSent: true,
    async upstream(t) {
      const { port } = await startHostileUpstream(t, { ...honest, tls: certificate('localhost') })
      return { url: `http://127.0.0.1:${port}/` }
    },
  },
  {
    name: 'a TLS handshake that hangs',
    reasons: ['UPSTREAM_TIMEOUT'],
    async upstream(t) {
      return { url: `https://127.0.0.1:${await listening(t, () => {})}/` }
    },
  },
  {
    name: 'a TLS handshake that is reset',
    reasons: ['UPSTREAM_BROKE_OFF'],
    async upstream(t) {
      const port = await listening(t, (socket) => socket.once('data', () => socket.destroy()))
      return { url: `https://127.0.0.1:${port}/` }
    },
  },
]

let tried = 0

for (const row of ROWS) {
  t.test(row.name, async (t) => {
    const { url, ca } = await row.upstream(t)
    const options: TestProxyOptions = {
      upstreamUrl: url,
      settings: { upstream: { timeout: '1500ms' } },
      deps: ca === undefined ? {} : { upstreamCa: () => ca },
    }
    const { ask, status, lines } = await buildTestProxy(t, options)
    await Promise.all(
      WAYS.map(async ({ name, path, format, request }) => {
        const seen = await ask(path, request)
        // One status goes with some of the reasons only.
        const isLate = seen.status === 504
        const reasons = row.reasons.filter((one) => (one === 'UPSTREAM_TIMEOUT') === isLate)
        isProblem(t, { seen, way: { format, request }, name, reasons })
        noLeak(t, { seen, name })
        tried++
      }),
    )
    const { budgets, cache } = await status()
    const used = row.isSent === true ? WAYS.length : 0
    t.match(budgets.minute, { used, inFlight: 0 })
    const causes = lines.filter(({ level, err }) => (level as number) >= 40 && err !== undefined)
    t.ok(causes.length >= WAYS.length, 'a log line each')
    t.match(JSON.stringify(causes), /caused by/)
    t.equal(cache.entries, 0)
  })
}

t.test('an upstream that has gone: what is stored is served', async (t) => {
  const upstream = await startHostileUpstream(t, {
    faultOf: (_arrival, turn) => (turn > 1 ? (socket) => socket.destroy() : undefined),
  })
  const { ask, status } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const first = await ask('/client/')
  const again = await ask('/client/', { headers: { 'cache-control': 'no-cache' } })
  t.match(again, { status: 200, text: first.text })
  t.not(again.headers['age'], undefined)
  t.equal((await status()).budgets.minute.inFlight, 0)
  await until(() => upstream.open.size === 0, 'closed')
})

t.test('in all', async (t) => {
  t.equal(tried, ROWS.length * WAYS.length)
  t.comment(`${ROWS.length} connection faults on ${WAYS.length} ways: ${tried} clean 502 or 504`)
})
