import t from 'tap'
import { buildTestProxy } from './build.js'
import { basic, until } from './client.js'

const gone = { code: /ABORT_ERR|ECONNRESET/ }
const SMALL = { settings: { limits: { minute: { max: 2, window: '1s' } } } }

t.test('equal cold reads are one call', async (t) => {
  const { ask, sim, untilRequests } = await buildTestProxy(t)
  const hold = sim.hold()
  const asked = Array.from({ length: 50 }, () => ask('/client/?limit=7'))
  await untilRequests(50)
  hold.release()
  const answers = await Promise.all(asked)
  t.equal(sim.arrivals.length, 1)
  t.equal(new Set(answers.map(({ text }) => text)).size, 1)
  const collapsed = answers.filter(({ headers }) =>
    /collapsed/.test(String(headers['cache-status'])),
  )
  t.equal(collapsed.length, 49)
})

t.test('tokens never share, whatever is in flight or stored', async (t) => {
  const { ask, sim, direct } = await buildTestProxy(t)
  const tokens = ['agencyadm01', 'agencyadm1b', 'agencyadm02', 'agencyres01', 'studioadm01']
  const wanted = await Promise.all(tokens.map((token) => direct('/me/', { token })))
  sim.clearArrivals()
  const hold = sim.hold()
  const asked = [...tokens, ...tokens].map((token) => ask('/me/', { token }))
  await hold.untilWaiting(tokens.length)
  hold.release()
  for (const [at, answer] of (await Promise.all(asked)).entries()) {
    t.equal(answer.text, wanted[at % tokens.length]?.text, `${tokens[at % tokens.length]}`)
  }
  t.equal(sim.arrivals.length, tokens.length)
  for (const [at, token] of tokens.entries()) {
    t.equal((await ask('/me/', { token })).text, wanted[at]?.text, `${token} again`)
  }
  t.equal(sim.arrivals.length, tokens.length)
})

t.test('credentials that only look alike never share', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const alike = [
    basic('agencyadm01'),
    `Bearer ${basic('agencyadm01').slice(6)}`,
    basic('AGENCYADM01'),
    basic('agencyadm01 '),
    'Basic !!!',
  ]
  for (const authorization of alike) await ask('/client/', { headers: { authorization } })
  t.equal(sim.arrivals.length, alike.length)
})

t.test('a consumer that goes away while it is queued has spent nothing', async (t) => {
  const { ask, sim, status, untilQueued } = await buildTestProxy(t, SMALL)
  await Promise.all([ask('/client/'), ask('/project/')])
  for (const [path, method] of [
    ['/worktype/', 'GET'],
    ['/tasknote/', 'GET'],
    ['/client/100001/', 'PUT'],
  ] as const) {
    const patience = new AbortController()
    const leaving = ask(path, { method, signal: patience.signal })
    await untilQueued(1)
    patience.abort()
    await t.rejects(leaving, gone)
    await untilQueued(0)
  }
  const last = await ask('/taskstatus/')
  t.equal(last.status, 200)
  t.equal(sim.arrivals.length, 3)
  t.match((await status()).budgets.day, [{ used: 3 }])
})

t.test('a consumer that goes away while its read is out fills the cache for others', async (t) => {
  const { ask, sim, untilStatus } = await buildTestProxy(t)
  const hold = sim.hold()
  const patience = new AbortController()
  const leaving = ask('/client/', { signal: patience.signal })
  await hold.untilWaiting(1)
  patience.abort()
  await t.rejects(leaving, gone)
  hold.release()
  await untilStatus(({ cache }) => cache.entries === 1, 'the fill to land')
  t.match((await ask('/client/')).headers['cache-status'], /; hit/)
  t.equal(sim.arrivals.length, 1)
})

t.test('the first of a flight goes away, and the others are answered', async (t) => {
  const { ask, sim, untilRequests } = await buildTestProxy(t)
  const hold = sim.hold()
  const patience = new AbortController()
  const leaving = ask('/client/', { signal: patience.signal })
  await hold.untilWaiting(1)
  const staying = [ask('/client/'), ask('/client')]
  await untilRequests(3)
  patience.abort()
  await t.rejects(leaving, gone)
  hold.release()
  for (const answer of await Promise.all(staying)) t.equal(answer.status, 200)
  t.equal(sim.arrivals.length, 1)
})

t.test('the first of a queued flight goes away, and the others are answered', async (t) => {
  const { ask, sim, status, untilQueued, untilRequests } = await buildTestProxy(t, SMALL)
  await Promise.all([ask('/client/'), ask('/project/')])
  const patience = new AbortController()
  const leaving = ask('/worktype/', { signal: patience.signal })
  await untilQueued(1)
  const staying = ask('/worktype')
  await untilRequests(4)
  t.equal((await status()).cache.flights, 1)
  patience.abort()
  await t.rejects(leaving, gone)
  t.equal((await staying).status, 200)
  t.equal(sim.arrivals.length, 3)
})

t.test('a consumer that goes away while its write is out: carried out, and seen', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  await ask('/client/100001/')
  const hold = sim.hold(({ method }) => method === 'PUT', 'execution')
  const patience = new AbortController()
  const leaving = ask('/client/100001/', {
    method: 'PUT',
    body: '{"name":"Renamed"}',
    signal: patience.signal,
  })
  await hold.untilWaiting(1)
  patience.abort()
  await t.rejects(leaving, gone)
  hold.release()
  await until(() => sim.arrivals.at(-1)?.status !== undefined, 'the end of the write')
  const { status, text } = await ask('/client/100001/')
  t.equal(status, 200)
  if (sim.arrivals[1]?.status === 202) t.match(text, 'Renamed')
})

t.test('followers of a flight that failed do not repeat it', async (t) => {
  const { ask, sim, untilRequests } = await buildTestProxy(t)
  sim.setFaults([{ kind: 'reset' }])
  const hold = sim.hold()
  const asked = Array.from({ length: 20 }, () => ask('/client/'))
  await untilRequests(20)
  hold.release()
  for (const { status } of await Promise.all(asked)) t.equal(status, 502)
  t.equal(sim.arrivals.length, 1)
})

t.test('a purge also drops what is on its way, and nobody joins it any more', async (t) => {
  for (const body of [{}, { path: '/client' }, { resource: 'client', soft: true }]) {
    const { ask, sim } = await buildTestProxy(t)
    const hold = sim.hold()
    const before = ask('/client/')
    await hold.untilWaiting(1)
    const purge = { method: 'POST', token: null, body: JSON.stringify(body) }
    const headers = { 'content-type': 'application/json' }
    t.equal((await ask('/-/purge', { ...purge, headers })).status, 200)
    const after = ask('/client/')
    await hold.untilWaiting(2)
    hold.release()
    t.notMatch((await after).headers['cache-status'], /collapsed/)
    t.equal((await before).status, 200)
    t.match((await ask('/client/')).headers['cache-status'], /; hit/, 'the later one is stored')
    t.equal(sim.arrivals.length, 2)
  }
})

t.test('an entry of the future is not what a queued read was waiting for', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t, SMALL)
  clock.advance(3_600_000)
  await ask('/client/')
  clock.advance(-3_600_000)
  await ask('/client/')
  t.equal(sim.arrivals.length, 2, 'asked again, although the stored one claims to be fresh')
})
