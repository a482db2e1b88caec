import t from 'tap'
import { buildTestProxy } from './build.js'
import { problemOf } from './client.js'

const control = (value: string) => ({ headers: { 'cache-control': value } })
const isHit = (answer: { headers: Record<string, unknown> }): boolean =>
  String(answer.headers['cache-status']).startsWith('intervals-proxy; hit')

t.test('no-cache asks the upstream, and what comes is stored', async (t) => {
  for (const headers of [
    { 'cache-control': 'no-cache' },
    { 'cache-control': 'max-age=0' },
    { pragma: 'no-cache' },
  ]) {
    const { ask, sim } = await buildTestProxy(t)
    await ask('/client/100001/')
    sim.edit('agency', 'client', '100001', { name: 'Renamed elsewhere' })
    t.notMatch((await ask('/client/100001/')).text, 'Renamed elsewhere')
    const fresh = await ask('/client/100001/', { headers })
    t.match(fresh.text, 'Renamed elsewhere')
    t.notOk(isHit(fresh))
    const after = await ask('/client/100001/')
    t.match(after.text, 'Renamed elsewhere')
    t.ok(isHit(after))
  }
})

t.test('max-age and min-fresh ask for a younger answer, and get one', async (t) => {
  const { ask, clock, sim } = await buildTestProxy(t)
  await ask('/client/')
  clock.advance(60_000)
  t.ok(isHit(await ask('/client/', control('max-age=90'))))
  t.ok(isHit(await ask('/client/', control('min-fresh=500'))))
  t.equal(sim.arrivals.length, 1)
  t.notOk(isHit(await ask('/client/', control('max-age=30'))))
  clock.advance(60_000)
  t.notOk(isHit(await ask('/client/', control('min-fresh=590'))))
  t.equal(sim.arrivals.length, 3)
})

t.test('max-stale bounds how stale an answer may be', async (t) => {
  const { ask, clock, sim } = await buildTestProxy(t)
  await ask('/client/')
  clock.advance(700_000)
  t.notOk(isHit(await ask('/client/', control('max-stale=50'))), 'stale for 100 s')
  t.equal(sim.arrivals.length, 2)
  clock.advance(700_000)
  const stale = await ask('/client/', control('max-stale=200'))
  t.match(stale.headers['cache-status'], /; hit; ttl=-10[01]; detail=stale-while-revalidate/)
})

t.test('only-if-cached never asks the upstream', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  const missing = await ask('/client/', control('only-if-cached'))
  t.equal(missing.status, 504)
  t.match(problemOf(missing).error, { reason: 'NOT_STORED' })
  t.equal(sim.arrivals.length, 0)
  await ask('/client/')
  t.ok(isHit(await ask('/client/', control('only-if-cached'))))
  t.equal((await ask('/client/', control('only-if-cached, no-cache'))).status, 504)
  clock.advance(60_000)
  t.equal((await ask('/client/', control('only-if-cached, max-age=30'))).status, 504)
  t.equal(sim.arrivals.length, 1)
})

t.test('no-store goes past the cache in both directions', async (t) => {
  const { ask, sim, status } = await buildTestProxy(t)
  t.match((await ask('/client/', control('no-store'))).headers['cache-status'], /detail=no-store/)
  t.equal((await status()).cache.entries, 0)
  await ask('/client/')
  t.notOk(isHit(await ask('/client/', control('no-store'))))
  t.equal(sim.arrivals.length, 3)
})

t.test('a younger answer that cannot be had is the older one, and says so', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t, {
    settings: { upstream: { timeout: '500ms' } },
  })
  const { text } = await ask('/client/')
  clock.advance(20_000)
  const faults = [
    { kind: 'reset' },
    { kind: 'hang' },
    { kind: 'status', status: 503, body: 'busy' },
    { kind: 'status', status: 500, body: 'oops' },
  ] as const
  for (const fault of faults) {
    sim.setFaults([fault])
    sim.clearArrivals()
    const answer = await ask('/client/', control('no-cache'))
    t.match(answer, { status: 200, text, headers: { age: /^2\d$/ } }, fault.kind)
    t.match(answer.headers['cache-status'], /fwd=request;.* detail=served-on-error/, fault.kind)
    // A read whose reused connection is reset is sent once more.
    t.equal(sim.arrivals.length, fault.kind === 'reset' ? 2 : 1)
  }
  sim.setFaults([{ kind: 'status', status: 400, apiCode: 12 }])
  for (const calls of [1, 0]) {
    sim.clearArrivals()
    const answer = await ask('/client/', control('no-cache'))
    t.match(answer, { status: 200, text })
    t.match(answer.headers['cache-status'], /; hit; ttl=\d+; detail=served-on-refusal/)
    t.equal(sim.arrivals.length, calls)
  }
})

t.test('a 404 is an answer, whatever is stored', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  await ask('/client/100001/')
  sim.setFaults([{ kind: 'status', status: 404, apiCode: 14 }])
  t.equal((await ask('/client/100001/', control('no-cache'))).status, 404)
})
