import t from 'tap'
import { REFRESHED_BEHIND, buildTestProxy } from './build.js'
import { problemOf, until } from './client.js'

const MINUTE = 60_000
/** A client's answer is fresh for ten minutes, and of use for an hour more. */
const EXPIRED = 11 * MINUTE
/** After a refresh has failed, the entry is not refreshed for this long. */
const COOLDOWN = 10_000
const isStale = (answer: { headers: Record<string, unknown> }): boolean =>
  /; hit; ttl=-\d+; detail=stale-while-revalidate$/.test(String(answer.headers['cache-status']))

t.test('by default an expired answer makes the reader wait for a new one', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  for (let round = 0; round < 3; round++) {
    await ask('/client/100001/')
    sim.edit('agency', 'client', '100001', { name: `Renamed elsewhere ${round}` })
    clock.advance(EXPIRED)
    t.match((await ask('/client/100001/')).text, `Renamed elsewhere ${round}`)
  }
})

t.test('an expired answer is served at once, and one refresh runs behind', async (t) => {
  const proxy = await buildTestProxy(t, REFRESHED_BEHIND)
  const { ask, sim, clock } = proxy
  const { text } = await ask('/client/100001/')
  sim.edit('agency', 'client', '100001', { name: 'Renamed elsewhere' })
  clock.advance(EXPIRED)
  sim.clearArrivals()
  const hold = sim.hold()
  const stale = await Promise.all(Array.from({ length: 10 }, () => ask('/client/100001/')))
  for (const answer of stale) {
    t.equal(answer.text, text)
    t.ok(isStale(answer))
    t.match(answer.headers.age, /^66\d$/)
  }
  await hold.untilWaiting(1)
  hold.release()
  await proxy.untilNoCalls()
  t.equal(sim.arrivals.length, 1)
  t.match((await ask('/client/100001/')).text, 'Renamed elsewhere')
  t.equal(sim.arrivals.length, 1)
})

for (const fault of [
  { kind: 'status', status: 503, body: 'busy' },
  { kind: 'status', status: 500, body: 'oops' },
  // A read on a connection that was open already is sent once more.
  { kind: 'reset', mostCalls: 2 },
  { kind: 'garbage' },
] as const) {
  const { mostCalls, ...failure } = { mostCalls: 1, ...fault }
  t.test(
    `expired, and the upstream fails (${fault.kind}): stale, and at most ${mostCalls} in a row`,
    async (t) => {
      const proxy = await buildTestProxy(t)
      const { ask, sim, clock } = proxy
      const { text } = await ask('/client/')
      clock.advance(EXPIRED)
      sim.setFaults([failure])
      sim.clearArrivals()
      for (let n = 0; n < 11; n++) {
        const answer = await ask('/client/')
        t.match(answer, { status: 200, text })
        await proxy.untilNoCalls()
      }
      t.ok(sim.arrivals.length <= mostCalls, `${sim.arrivals.length} calls`)
    },
  )
}

t.test('expired, and the upstream refuses: stale, and no call after the refusal', async (t) => {
  const proxy = await buildTestProxy(t)
  const { ask, sim, clock } = proxy
  const { text } = await ask('/client/')
  clock.advance(EXPIRED)
  sim.setFaults([{ kind: 'status', status: 400, apiCode: 12 }])
  t.equal((await ask('/project/')).status, 503, 'the refusal')
  sim.clearArrivals()
  for (let n = 0; n < 10; n++) t.match(await ask('/client/'), { status: 200, text })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(sim.arrivals.length, 0)
})

/** Served at once for a minute of the hour in which it is of use. */
const A_MINUTE_BEHIND = { cache: { resources: { client: { staleWhileRevalidate: '1m' } } } }

t.test('late: readers wait for a newer one, all for the same', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t, { settings: A_MINUTE_BEHIND })
  await ask('/client/100001/')
  sim.edit('agency', 'client', '100001', { name: 'Renamed elsewhere' })
  clock.advance(10.5 * MINUTE)
  sim.clearArrivals()
  t.ok(isStale(await ask('/client/100001/', { headers: { 'cache-control': 'max-stale' } })))
  await until(() => sim.arrivals.length === 1, 'the refresh')
  clock.advance(EXPIRED)
  sim.edit('agency', 'client', '100001', { name: 'And once more' })
  sim.clearArrivals()
  const hold = sim.hold()
  const asked = Array.from({ length: 10 }, () => ask('/client/100001/'))
  await hold.untilWaiting(1)
  hold.release()
  for (const answer of await Promise.all(asked)) t.match(answer.text, 'And once more')
  t.equal(sim.arrivals.length, 1)
})

t.test('late, and the caller takes what is there: at once', async (t) => {
  const proxy = await buildTestProxy(t, { settings: A_MINUTE_BEHIND })
  const { ask, sim, clock } = proxy
  const { text } = await ask('/client/')
  for (const directive of ['max-stale', 'only-if-cached']) {
    clock.advance(EXPIRED)
    const hold = sim.hold()
    const answer = await ask('/client/', { headers: { 'cache-control': directive } })
    t.match(answer, { status: 200, text }, directive)
    t.ok(isStale(answer), directive)
    await hold.untilWaiting(1)
    hold.release()
    await proxy.untilNoCalls()
  }
})

for (const [fault, calls] of [
  [{ kind: 'status', status: 503, body: 'busy' }, 1],
  // Sent once more on a new connection.
  [{ kind: 'reset' }, 2],
] as const) {
  t.test(
    `late, and the upstream fails (${fault.kind}): the stored one, for one request`,
    async (t) => {
      const { ask, sim, clock } = await buildTestProxy(t, { settings: A_MINUTE_BEHIND })
      const { text } = await ask('/client/')
      clock.advance(EXPIRED)
      sim.setFaults([fault])
      sim.clearArrivals()
      const first = await ask('/client/')
      t.match(first, { status: 200, text })
      t.match(first.headers['cache-status'], /; fwd=stale;.* detail=served-on-error/)
      for (let n = 0; n < 10; n++) {
        const answer = await ask('/client/')
        t.match(answer, { status: 200, text })
        t.ok(isStale(answer))
      }
      t.equal(sim.arrivals.length, calls)
      sim.setFaults([])
      clock.advance(COOLDOWN)
      t.match(
        (await ask('/client/')).headers['cache-status'],
        /; fwd=stale; fwd-status=200; stored/,
      )
    },
  )
}

t.test('late, and no call is left: the stored one at once, and a refresh in line', async (t) => {
  const { ask, sim, clock, status } = await buildTestProxy(t, {
    settings: { ...A_MINUTE_BEHIND, limits: { minute: { max: 1, window: '20s' } } },
  })
  const { text } = await ask('/client/')
  clock.advance(EXPIRED)
  t.equal((await ask('/project/')).status, 200, 'the one call there was')
  sim.clearArrivals()
  const answer = await ask('/client/')
  t.match(answer, { status: 200, text })
  t.match(answer.headers['cache-status'], /; hit; ttl=-\d+; detail=served-on-refusal/)
  t.ok(isStale(await ask('/client/')), 'the next does not even ask')
  t.equal(sim.arrivals.length, 0)
  t.equal((await status()).cache.flights, 1)
})

t.test('after a refusal, cold reads and writes cost nothing', async (t) => {
  for (const [apiCode, scope] of [
    [12, 'window'],
    [11, 'account:default'],
  ] as const) {
    const { ask, sim, resume } = await buildTestProxy(t)
    await ask('/client/')
    sim.setFaults([{ kind: 'status', status: 400, apiCode }])
    await ask('/project/?limit=1')
    sim.clearArrivals()
    for (let n = 2; n < 12; n++) {
      const answer = await ask(`/project/?limit=${n}`)
      t.ok(answer.status === 503 || answer.status === 429, `${answer.status}`)
      t.match(answer.headers['retry-after'], /^\d+$/)
    }
    t.ok((await ask('/client/1/', { method: 'PUT', body: '{}' })).status >= 429)
    t.equal(sim.arrivals.length, 0)
    t.equal((await ask('/client/?limit=')).status >= 429, true)
    sim.setFaults([])
    t.match(await resume({ scope }), scope)
    t.equal((await ask('/project/?limit=50')).status, 200)
  }
})

t.test('hits go on while everything is paused', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  await ask('/client/')
  sim.setFaults([{ kind: 'status', status: 503, apiCode: 4 }])
  t.equal((await ask('/project/')).status, 503)
  t.equal((await ask('/client/')).status, 200)
  const { error } = problemOf(await ask('/worktype/'))
  t.match(error, { reason: 'PAUSED' })
})

t.test('too old for anybody: the upstream’s failure is passed on', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  await ask('/client/')
  clock.advance(71 * MINUTE)
  sim.setFaults([{ kind: 'status', status: 503, body: 'busy' }])
  t.match(await ask('/client/'), { status: 503, text: 'busy' })
})

t.test('stale is not served past a write', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  await ask('/client/100001/')
  await ask('/client/100001/', { method: 'PUT', body: '{"name":"New name"}' })
  clock.advance(EXPIRED)
  t.match((await ask('/client/100001/')).text, 'New name')
  await ask('/client/100001/', { method: 'PUT', body: '{"name":"Newer name"}' })
  sim.setFaults([{ kind: 'status', status: 503, body: 'busy' }])
  t.match(await ask('/client/100001/'), { status: 503, text: 'busy' })
})

t.test('403 and 404 serve for ten seconds, to the token that got them', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  for (const [path, token, status] of [
    ['/module/', 'agencyres01', 403],
    ['/client/999999999/', 'agencyadm01', 404],
  ] as const) {
    sim.clearArrivals()
    for (let n = 0; n < 3; n++) t.equal((await ask(path, { token })).status, status)
    t.equal(sim.arrivals.length, 1)
    clock.advance(11_000)
    t.equal((await ask(path, { token })).status, status)
    t.equal(sim.arrivals.length, 2)
  }
  t.equal((await ask('/module/')).status, 200)
})
