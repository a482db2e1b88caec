import t from 'tap'
import { buildTestProxy, type TestProxyOptions } from './build.js'
import { problemOf } from './client.js'
import type { Fault } from '../../src/simulator/index.js'

/** A read that is stored, a read that is not, and a write: three ways through the proxy. */
const WAYS = [
  ['a cached read', '/client/?limit=5', {}],
  ['a read that is not cached', '/tasknote/', {}],
  ['a write', '/client/100001/', { method: 'PUT', body: '{"description":"x"}' }],
] as const

const IMPATIENT: TestProxyOptions = { settings: { upstream: { timeout: '400ms' } } }

/** Reads whose reused connection is reset are sent again: stale-connections.test.ts. */
const BEFORE_HEADERS: readonly (readonly [Fault, status: number, reason: string])[] = [
  [{ kind: 'reset' }, 502, 'UPSTREAM_BROKE_OFF'],
  [{ kind: 'execute-then-reset' }, 502, 'UPSTREAM_BROKE_OFF'],
  [{ kind: 'garbage' }, 502, 'UPSTREAM_GARBLED'],
  [{ kind: 'hang' }, 504, 'UPSTREAM_TIMEOUT'],
  [{ kind: 'execute-then-hang' }, 504, 'UPSTREAM_TIMEOUT'],
  [{ kind: 'delay', delayMs: 60_000 }, 504, 'UPSTREAM_TIMEOUT'],
]

for (const [fault, status, reason] of BEFORE_HEADERS) {
  t.test(`${fault.kind} before the answer is a ${status}, once`, async (t) => {
    const { ask, sim, status: shown, purge, direct } = await buildTestProxy(t, IMPATIENT)
    // The first answer makes the data, which takes its time.
    await direct('/client/')
    for (const [name, path, request] of WAYS) {
      sim.setFaults([fault])
      sim.clearArrivals()
      const answer = await ask(path, request)
      t.equal(answer.status, status, name)
      t.match(problemOf(answer), { source: 'intervals-proxy', error: { reason } }, name)
      t.notMatch(answer.text, String(sim.port), 'no address')
      const mayRepeat = fault.kind.endsWith('reset') && name !== 'a write'
      t.ok(sim.arrivals.length <= (mayRepeat ? 2 : 1), `${name}: not repeated`)
      t.equal((await shown()).cache.entries, 0)
      sim.setFaults([])
      t.ok((await ask(path, request)).status < 500, `${name}: the next one gets through`)
      await purge()
    }
    t.equal((await shown()).budgets.minute.inFlight, 0, 'every permit is settled')
  })
}

const IN_THE_BODY: readonly Fault['kind'][] = ['reset-mid-body', 'truncated', 'hang-mid-body']

for (const kind of IN_THE_BODY) {
  t.test(`${kind}: never a complete-looking answer`, async (t) => {
    const { ask, sim, status: shown, purge, direct } = await buildTestProxy(t, IMPATIENT)
    // The first answer makes the data, which takes its time.
    await direct('/client/')
    for (const [name, path, request] of WAYS) {
      sim.setFaults([{ kind, times: 1 } as Fault])
      sim.clearArrivals()
      const answer = await ask(path, request).catch((error: Error) => error)
      if (answer instanceof Error) t.match(answer, { code: /ECONNRESET/ }, `${name}: broken off`)
      else t.ok(answer.status === 502 || answer.status === 504, `${name}: ${answer.status}`)
      t.equal(sim.arrivals.length, 1, `${name}: not repeated`)
      t.equal((await shown()).cache.entries, 0, `${name}: nothing stored`)
      t.ok((await ask(path, request)).status < 500, `${name}: the next one gets through`)
      await purge()
    }
    t.equal((await shown()).budgets.minute.inFlight, 0)
  })
}

t.test('a long answer that breaks off while it is streamed is broken off', async (t) => {
  const { ask, sim } = await buildTestProxy(t, {
    settings: { cache: { maxSize: '1MiB', maxEntrySize: '64KiB' } },
  })
  for (const round of ['first seen to be too long', 'known to be too long']) {
    sim.setFaults([{ kind: 'truncated', times: 1 }])
    await t.rejects(ask('/time/?limit=4000'), { code: 'ECONNRESET' }, round)
    if (round.startsWith('first')) t.equal((await ask('/time/?limit=4000')).status, 200)
  }
})

t.test('a 503 with Retry-After is passed on, and sent once', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const [name, path, request] of WAYS) {
    sim.clearArrivals()
    sim.setFaults([
      { kind: 'status', status: 503, body: 'busy', headers: { 'retry-after': '1', 'x-a': 'b' } },
    ])
    const answer = await ask(path, request)
    t.match(answer, { status: 503, text: 'busy' }, name)
    t.match(answer.headers, { 'retry-after': '1', 'x-a': 'b', 'content-type': 'text/html' }, name)
    t.equal(sim.arrivals.length, 1, name)
  }
})

t.test('other errors of the upstream are passed on as they are', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const status of [400, 404, 409, 429 - 2, 500, 502, 504]) {
    for (const [name, path, request] of WAYS) {
      sim.setFaults([{ kind: 'status', status, body: '<html>oops</html>' }])
      t.match(
        await ask(`${path}${path.includes('?') ? '&' : '?'}n=${status}`, request),
        { status, text: '<html>oops</html>', headers: { 'content-type': 'text/html' } },
        `${name} ${status}`,
      )
    }
  }
})

t.test('a redirect is passed on and not followed', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const [name, path, request] of WAYS) {
    sim.clearArrivals()
    const location = 'https://elsewhere.example/client/'
    sim.setFaults([{ kind: 'status', status: 302, body: '', headers: { location } }])
    const answer = await ask(path, request)
    t.equal(answer.status, 302, name)
    t.equal(answer.headers.location, location)
    t.equal(answer.body.length, 0)
    t.equal(sim.arrivals.length, 1, name)
  }
})

t.test('an answer without a content type gets none from us', async (t) => {
  const { ask, direct } = await buildTestProxy(t, { simulator: { trailingSlashRedirect: true } })
  t.equal((await direct('/client')).headers['content-type'], undefined)
  const answer = await ask('/client')
  t.match(answer, { status: 301, headers: { location: '/client/' } })
  t.equal(answer.headers['content-type'], undefined)
})

t.test(
  'JSON sent as HTML is passed on, and not stored with upstreamDirectives: obey',
  async (t) => {
    const settings = { cache: { upstreamDirectives: 'obey' as const } }
    const { ask, sim, direct } = await buildTestProxy(t, { settings })
    const { text } = await direct('/client/')
    sim.setFaults([{ kind: 'wrong-content-type', times: 1 }])
    t.match(await ask('/client/'), { status: 200, text, headers: { 'content-type': 'text/html' } })
    sim.clearArrivals()
    t.match(await ask('/client/'), { headers: { 'content-type': 'application/json' } })
    t.equal(sim.arrivals.length, 1)
  },
)

t.test('a slow body is no timeout as long as it goes on', async (t) => {
  const { ask, sim } = await buildTestProxy(t, IMPATIENT)
  sim.setFaults([{ kind: 'slow-body', delayMs: 40 }])
  for (const [name, path, request] of WAYS) t.ok((await ask(path, request)).status < 300, name)
})
