/** What one replica acknowledged, every replica has seen. */

import t from 'tap'
import type { Test } from 'tap'
import { withoutRedis } from './redis-process.js'
import { startReplicas } from './replicas.js'
import { FOR_TRIALS, neverTheOldBody, rename as renameAt } from './trials.js'

const JSON_TYPE = { 'content-type': 'application/json' }
const CLIENT = '/client/100001/'
const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

type Replica = Awaited<ReturnType<typeof startReplicas>>['replicas'][number]

const rename = (replica: Replica, name: string) => renameAt(replica, name, CLIENT)
const cacheStatus = (answer: { headers: Record<string, unknown> }): string =>
  String(answer.headers['cache-status'])
const isHit = (answer: { headers: Record<string, unknown> }): boolean =>
  cacheStatus(answer).startsWith('intervals-proxy; hit')

async function pair(t: Test, options = {}) {
  const scene = await startReplicas(t, options)
  const [a, b] = scene.replicas
  if (a === undefined || b === undefined) throw new Error('two were asked for')
  return { ...scene, a, b }
}

const TRIALS = Number(process.env['TRIALS'] ?? 1_000)

t.test(
  `${TRIALS} writes at one replica, each read at the other: never the old body`,
  SKIP,
  async (t) => {
    const { replicas } = await startReplicas(t, FOR_TRIALS)
    await neverTheOldBody(t, replicas, TRIALS)
  },
)

t.test(
  'a fill at one replica that was out during a write at the other is not served after it',
  SKIP,
  async (t) => {
    const { a, b, sim } = await pair(t)
    const hold = sim.hold(({ method }) => method === 'GET')
    const before = b.ask(CLIENT)
    await hold.untilWaiting(1)
    t.equal((await rename(a, 'New name')).status, 202)
    hold.release()
    t.notMatch((await before).text, 'New name', 'it may be old for who asked before')
    for (const replica of [b, a]) t.match((await replica.ask(CLIENT)).text, 'New name')
  },
)

t.test('a read after the write joins no flight of before, at either replica', SKIP, async (t) => {
  const { a, b, sim } = await pair(t)
  const hold = sim.hold(({ method }) => method === 'GET')
  const before = b.ask(CLIENT)
  await hold.untilWaiting(1)
  await rename(a, 'New name')
  const after = [a.ask(CLIENT), b.ask(CLIENT)]
  await hold.untilWaiting(2)
  hold.release()
  await before
  for (const { text } of await Promise.all(after)) t.match(text, 'New name')
})

t.test('what is written in an item is new in the lists of the other replica', SKIP, async (t) => {
  const { a, b } = await pair(t)
  await b.ask('/client/?limit=0')
  t.ok(isHit(await b.ask('/client/?limit=0')))
  await rename(a, 'New name')
  const after = await b.ask('/client/?limit=0')
  t.notOk(isHit(after))
  t.match(after.text, 'New name')
})

t.test(
  'another credential gets nothing that was fetched at the other replica for the first',
  SKIP,
  async (t) => {
    const { a, b, sim } = await pair(t)
    const mine = await a.ask('/me/')
    const theirs = await b.ask('/me/', { token: 'agencyadm02' })
    t.not(theirs.text, mine.text)
    t.equal(sim.arrivals.length, 2)
  },
)

t.test(
  'expired, and the upstream fails or refuses: the other serves what is stored',
  SKIP,
  async (t) => {
    for (const fault of [
      { kind: 'status', status: 503, body: 'busy' },
      { kind: 'status', status: 400, apiCode: 12 },
    ] as const) {
      const { a, b, sim } = await pair(t, {
        settings: { cache: { resources: { client: { ttl: '1s', stale: '1h' } } } },
      })
      await a.ask('/client/')
      for (const { clock } of [a, b]) clock.advance(5_000)
      sim.clearArrivals()
      sim.setFaults([fault])
      for (let i = 0; i < 11; i++)
        t.equal((await b.ask('/client/')).status, 200, `${fault.status} ${i}`)
      t.ok(sim.arrivals.length <= 1, `${fault.status}: ${sim.arrivals.length} calls`)
    }
  },
)

t.test(
  'a refusal heard by one replica holds both: 10 cold reads at the other cost nothing',
  SKIP,
  async (t) => {
    const { a, b, sim, until } = await pair(t)
    sim.setFaults([{ kind: 'status', status: 400, apiCode: 12, times: 1 }])
    const IMPATIENT = { headers: { prefer: 'wait=0' } }
    await a.ask('/client/', IMPATIENT)
    await until(async () => (await b.ask('/-/status')).text.includes('too-fast'), 'the pause')
    sim.clearArrivals()
    for (let i = 0; i < 10; i++) {
      t.ok([429, 503].includes((await b.ask(`/client/?offset=${i}`, IMPATIENT)).status))
    }
    t.equal(sim.arrivals.length, 0)
  },
)

t.test('a purge at one replica is a purge at all', SKIP, async (t) => {
  const { a, b } = await pair(t)
  for (const replica of [a, b]) await replica.ask('/client/')
  t.ok(isHit(await b.ask('/client/')))
  const purged = await a.ask('/-/purge', { method: 'POST', body: '{}', headers: JSON_TYPE })
  t.equal(purged.status, 200)
  t.match(JSON.parse(purged.text), { purged: 1 })
  t.notOk(isHit(await b.ask('/client/')))
})
t.test(
  'a write whose replica vanished before its end leaves nothing old behind',
  SKIP,
  async (t) => {
    const { a, b, sim } = await pair(t)
    await b.ask(CLIENT)
    const hold = sim.hold(({ method }) => method === 'PUT', 'execution')
    const write = rename(a, 'New name').catch(() => undefined)
    await hold.untilWaiting(1)
    // Until the write has ended nothing that it touches is kept at the other.
    t.notOk(isHit(await b.ask(CLIENT)))
    t.notOk(isHit(await b.ask(CLIENT)))
    hold.release()
    await write
    t.match((await b.ask(CLIENT)).text, 'New name')
    t.ok(isHit(await b.ask(CLIENT)))
  },
)

t.test(
  'without Redis hits go on, nothing leaves, and readyz says so; then all is well again',
  SKIP,
  async (t) => {
    const { a, redis, sim, until } = await pair(t)
    await a.ask('/client/')
    sim.clearArrivals()
    await redis.stop()
    t.ok(isHit(await a.ask('/client/')))
    const cold = await a.ask('/project/', { headers: { prefer: 'wait=0' } })
    t.equal(cold.status, 503)
    t.equal(sim.arrivals.length, 0)
    await until(
      async () => /store-unavailable/.test((await a.ask('/-/readyz')).text),
      'readyz to notice',
    )
    await redis.restart()
    await until(
      async () => !/store-unavailable/.test((await a.ask('/-/readyz')).text),
      'readyz to recover',
    )
  },
)
