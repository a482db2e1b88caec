/** Too much of anything is refused with the right status, in bounded memory, and costs no call. */
import t from 'tap'
import { buildTestProxy } from '../build.js'
import { startBystander, untilNothingIsLeft, watchWarnings } from './bystander.js'
import { AUTHORIZATION, bytesOf, open, until } from './raw-client.js'

const x = (count: number): string => 'x'.repeat(count)
const many = (count: number, make: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => make(at))
const get = (path: string, headers: readonly string[] = []): string =>
  bytesOf(`GET ${path} HTTP/1.1`, headers)
const put = (headers: readonly string[], body = ''): string =>
  bytesOf('PUT /client/1/ HTTP/1.1', headers, body)

/** Statuses that may come; none if the end of the connection overtakes the answer. */
const OVERSIZED: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ['a target of 20 kB', get(`/client/?search=${x(20_000)}`), 431],
  ['a path of 20 kB', get(`/${x(20_000)}`), 431],
  ['a target without end', `GET /${x(200_000)}`, 431],
  ['one long header', get('/client/', [`x: ${x(20_000)}`]), 431],
  ['a header without end', `GET /client/ HTTP/1.1\r\nx: ${x(200_000)}`, 431],
  ['a name without end', `GET /client/ HTTP/1.1\r\n${x(200_000)}`, 431],
  [
    'many long headers',
    get(
      '/client/',
      many(20, (at) => `x${at}: ${x(2_000)}`),
    ),
    431,
  ],
  [
    '300 headers',
    get(
      '/client/',
      many(300, (at) => `x${at}: y`),
    ),
    431,
  ],
  ['3000 headers, and a credential past those that Node keeps', headersThen(3_000, 'x:'), 431],
  [
    'a long credential',
    get('/client/', []).replace(AUTHORIZATION, `authorization: ${x(20_000)}`),
    431,
  ],
  ['a method without end', `${x(20_000)} / HTTP/1.1\r\n\r\n`, 400],
  ['a version without end', `GET / HTTP/1.${'1'.repeat(20_000)}\r\n\r\n`, 400],
  ['a body over the limit, announced', put(['content-length: 20000'], x(1_000)), 413],
  ['a body over the limit, announced in TiB', put(['content-length: 9007199254740991']), 413],
  ['a body over the limit, in one chunk', chunks(1, 30_000), 413],
  ['a body over the limit, in small chunks', chunks(30_000, 1), 413],
  ['the body of a GET over the limit', get('/client/', ['content-length: 20000']), 413],
  [
    'many trailers',
    put(
      ['transfer-encoding: chunked'],
      `0\r\n${many(3_000, (at) => `x${at}: ${x(20)}\r\n`).join('')}\r\n`,
    ),
    431,
  ],
  ['empty lines without end', '\r\n'.repeat(200_000), 400],
]

function headersThen(count: number, header: string): string {
  const head = ['GET /client/ HTTP/1.1', 'host: a', ...many(count, () => header), AUTHORIZATION]
  return `${head.join('\r\n')}\r\n\r\n`
}

function chunks(count: number, bytes: number): string {
  const chunk = `${bytes.toString(16)}\r\n${x(bytes)}\r\n`
  return put(['transfer-encoding: chunked'], `${chunk.repeat(count)}0\r\n\r\n`)
}

t.test('too much of anything is refused, and costs no call', async (t) => {
  const warnings = watchWarnings(t)
  const proxy = await buildTestProxy(t, {
    settings: { server: { bodyLimit: '16KiB' } },
    deps: { connectionLookMs: 50 },
  })
  const { app, port, sim } = proxy
  // For what never ends and is not refused either.
  app.server.headersTimeout = 4_000
  app.server.requestTimeout = 4_000
  const bystander = startBystander(proxy)
  const allowed = new Set([400, 408, 413, 431])
  let refused = 0
  for (const [name, bytes, status] of OVERSIZED) {
    const connection = await open(port, bytes)
    await connection.untilClosed().catch(() => t.fail(`${name}: still open`))
    const [first = status, ...rest] = connection.statuses()
    t.ok(first === status || first === 408, `${name}: ${first}`)
    t.ok(allowed.has(first) && rest.length === 0, name)
    refused++
  }
  await bystander.stop(t, 'oversized requests')
  const known = /^\/(?:client\/$|project\/\?limit=\d+$)/u
  t.strictSame(
    sim.arrivals.filter(({ target, method }) => method !== 'GET' || !known.test(target)),
    [],
  )
  await untilNothingIsLeft(t, proxy, 'oversized requests')
  t.strictSame(warnings(), [])
  t.comment(`${refused} oversized requests, ${refused} refused, 0 reached the upstream`)
})

t.test('bodies of all together have a bound, and it comes free again', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: {
      server: { bodyLimit: '64KiB', bodyMemory: '256KiB' },
      limits: { minute: { max: 1, window: '5m' }, queue: { maxWait: '1h' } },
    },
  })
  const { ask, port, sim } = proxy
  await ask('/client/')
  const body = x(60_000)
  const whole = put([`content-length: ${body.length}`], body)
  const heldBytes = (): Promise<number> => proxy.metric('body_memory_bytes')
  const four = await Promise.all(many(4, () => whole).map((bytes) => open(port, bytes)))
  await until(async () => (await heldBytes()) === 4 * body.length, 'four bodies')
  t.match((await ask('/client/')).headers['cache-status'], /; hit/u, 'hits go on')
  for (let one = 0; one < 10; one++) {
    const refused = await open(port, whole)
    await refused.untilClosed()
    t.match(refused.received(), /^HTTP\/1\.1 503 .*retry-after: \d+.*OVERLOADED/su)
  }
  t.ok((await heldBytes()) <= 262_144, `${await heldBytes()} bytes`)
  // Half a body counts as well, and goes when its consumer goes.
  for (const { socket } of four.splice(0, 2)) socket.destroy()
  await until(async () => (await heldBytes()) === 2 * body.length, 'the bodies of two to go')
  const half = await open(port, put(['content-length: 60000'], x(30_000)))
  await until(async () => (await heldBytes()) === 2 * body.length + 30_000, 'half a body')
  half.socket.destroy()
  for (const { socket } of four) socket.destroy()
  await untilNothingIsLeft(t, proxy, 'bodies')
  t.equal(sim.arrivals.length, 1)
})
