/** A replica that starts while Redis cannot be reached: it listens, says so, sends nothing, and recovers. */

import t from 'tap'
import { startRedis, withoutRedis } from './redis-process.js'
import { startReplicasAt } from './replicas.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const codes = async (status: () => Promise<{ health: { reasons: readonly { code: string }[] } }>) =>
  (await status()).health.reasons.map(({ code }) => code)

t.test('without Redis it answers 503, and goes on when Redis is there', SKIP, async (t) => {
  const redis = await startRedis(t)
  await redis.stop()
  const { replicas, sim, until } = await startReplicasAt(t, redis.url, { count: 1 })
  const [a] = replicas
  if (a === undefined) throw new Error('one was asked for')
  const refused = await a.ask('/client/')
  t.equal(refused.status, 503)
  t.match(refused.text, 'LEDGER_UNAVAILABLE')
  t.ok(Number(refused.headers['retry-after']) > 0)
  t.equal((await a.ask('/-/livez')).status, 200)
  t.same(await codes(a.status), ['store-unavailable'])
  t.equal(sim.arrivals.length, 0)
  await redis.restart()
  await until(async () => (await a.ask('/client/')).status === 200, 'an answer')
  t.same(await codes(a.status), [])
})

t.test(
  'an empty Redis begins with a quarantine, which only its own scope ends',
  SKIP,
  async (t) => {
    const redis = await startRedis(t)
    const settings = { store: { newDisk: 'wait' } }
    const { replicas, lines, until, sim } = await startReplicasAt(t, redis.url, { settings })
    const [a, b] = replicas
    if (a === undefined || b === undefined) throw new Error('two were asked for')
    const now = { headers: { prefer: 'wait=0' } }
    const resume = async (body: object): Promise<string> =>
      (
        await a.ask('/-/resume', {
          method: 'POST',
          token: null,
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        })
      ).text
    t.equal((await a.ask('/client/', now)).status, 429)
    t.same(await codes(a.status), ['quarantine'])
    t.match(await resume({}), '"resumed":[]')
    t.same(await codes(a.status), ['quarantine'], 'no pause, so resume alone does not end it')
    t.match(await resume({ scope: 'quarantine' }), '"resumed":["quarantine"]')
    for (const replica of [a, b]) {
      await until(async () => (await codes(replica.status)).length === 0, 'the end at all replicas')
      t.equal((await replica.ask('/client/')).status, 200)
    }
    t.ok(JSON.stringify(lines).includes('"audit":"end-quarantine"'))
    t.match(await resume({ scope: 'quarantine' }), '"resumed":[]', 'there is none any more')
    t.ok(sim.arrivals.length > 0)
  },
)
