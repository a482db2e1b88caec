/** Beyond capacity: what would need more of it is refused at once, and what is stored is served. */
import t from 'tap'
import { pressureOptions } from '../../../src/server/edge/overload.js'
import { createMemoryJournal } from '../../../src/limits/index.js'
import { buildApp } from '../../../src/server/app.js'
import { buildTestProxy, testClock, testConfig } from '../build.js'
import { basic, problemOf, until, type Ask } from '../client.js'
import { untilNothingIsLeft } from './bystander.js'

/** A proxy under as much pressure as the test says. */
async function proxyUnder(t: Parameters<typeof buildTestProxy>[0], settings: object = {}) {
  const pressure = { isHigh: false }
  const proxy = await buildTestProxy(t, {
    settings,
    deps: { isUnderPressure: () => pressure.isHigh },
  })
  return { pressure, ...proxy }
}

const SHED: readonly (readonly [path: string, request: Ask])[] = [
  ['/project/', {}],
  ['/timer/', {}],
  ['/nosuchthing/', {}],
  ['/client/?limit=3', {}],
  ['/client/', { headers: { 'cache-control': 'no-store' } }],
  ['/client/', { token: 'agencyadm02' }],
  ['/client/1/', { method: 'PUT', body: '{"name":"New"}' }],
  ['/client/1/', { method: 'DELETE' }],
  ['/client/', { body: 'a body of a GET' }],
  ['/project/', { method: 'HEAD' }],
  ['/client/', { method: 'OPTIONS' }],
]

t.test(
  'what would need the queue, a body or the upstream is shed, and the rest goes on',
  async (t) => {
    const proxy = await proxyUnder(t)
    const { pressure, ask, sim, status } = proxy
    await ask('/client/')
    pressure.isHigh = true
    for (const [path, request] of SHED) {
      const answer = await ask(path, request)
      const name = `${request.method ?? 'GET'} ${path}`
      t.equal(answer.status, 503, name)
      t.match(answer.headers, { 'retry-after': /^[1-9]\d*$/u, 'cache-status': /overloaded/u }, name)
      if (request.method !== 'HEAD') {
        t.match(
          problemOf(answer),
          { source: 'intervals-proxy', error: { reason: 'OVERLOADED' } },
          name,
        )
      }
      t.match((await ask('/client/')).headers['cache-status'], /; hit/u, 'hits go on')
    }
    for (const path of ['/-/livez', '/-/readyz', '/-/status', '/-/metrics']) {
      t.equal((await ask(path)).status, 200, path)
    }
    t.match((await ask('/-/readyz')).text, /"reasons":\["overload: /u)
    t.match((await ask('/-/metrics')).text, `refusals_total{reason="overloaded"} ${SHED.length}\n`)
    t.equal(sim.arrivals.length, 1)
    await untilNothingIsLeft(t, proxy, 'what was shed')
    pressure.isHigh = false
    t.equal((await ask('/project/')).status, 200, 'and it is over as soon as it is over')
    t.notMatch((await ask('/-/readyz')).text, /overload/u)
    t.match((await status()).budgets.day, [{ used: 2 }])
    t.comment(`${SHED.length} requests under pressure, ${SHED.length} shed, 0 reached the upstream`)
  },
)

t.test('a stale answer is better than none; the refresh behind it is shed', async (t) => {
  const { pressure, ask, sim, clock } = await proxyUnder(t)
  await ask('/client/')
  clock.advance(11 * 60_000)
  pressure.isHigh = true
  const stale = await ask('/client/')
  t.equal(stale.status, 200)
  const wanted = await ask('/client/', { headers: { 'cache-control': 'no-cache' } })
  t.equal(wanted.status, 200, 'also for who asked for a new one')
  t.equal(sim.arrivals.length, 1)
})

t.test('who waits for a call that is out already gets its answer', async (t) => {
  const { pressure, ask, sim, untilRequests } = await proxyUnder(t)
  const hold = sim.hold()
  const first = ask('/client/')
  await hold.untilWaiting(1)
  pressure.isHigh = true
  const second = ask('/client/')
  await untilRequests(2)
  hold.release()
  t.equal((await first).status, 200)
  t.equal((await second).status, 200)
})

t.test('the memory of the process is measured, and 0 is off', async (t) => {
  // Any process is larger than this, so nothing here depends on how fast or how large it is.
  const overload = { maxEventLoopDelay: '0s', maxRss: '1MiB' }
  const app = await buildApp(testConfig({ server: { overload } }, 'http://127.0.0.1:9/'), {
    clock: testClock(),
    journal: createMemoryJournal(),
    secret: () => Buffer.alloc(32, 7),
    newDisk: 'idle',
    version: '0.0.0-test',
  })
  t.teardown(() => app.close())
  // The first look comes by itself; until then nothing is known.
  await until(
    async () => (await app.inject('/-/readyz')).body.includes('overload: '),
    'the first measurement',
  )
  const headers = { authorization: basic('agencyadm01') }
  t.match(await app.inject({ url: '/client/', headers }), { statusCode: 503, body: /OVERLOADED/u })
  t.match(await app.inject('/-/livez'), { statusCode: 200 })
  const off = pressureOptions(
    testConfig({ server: { overload: { maxHeap: 0 } } }, 'http://a.example'),
  )
  t.match(off, { maxEventLoopDelay: 1_000, maxHeapUsedBytes: 0, maxRssBytes: 0 })
  const byDefault = pressureOptions(testConfig({ server: { overload: {} } }, 'http://a.example'))
  t.ok(Number(byDefault.maxHeapUsedBytes) > 100_000_000)
})
