/** Equal requests at several replicas are one call, also if the replica that makes it is lost. */

import t from 'tap'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '../server/client.js'
import { startProxy } from '../crash/proxy-process.js'
import { startSimulator } from '../../src/simulator/index.js'
import { startRedis, withoutRedis } from './redis-process.js'
import { startReplicas } from './replicas.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

t.test('50 equal cold reads at 3 replicas are one call', SKIP, async (t) => {
  const { askInTurn, sim } = await startReplicas(t, { count: 3 })
  const asked = Array.from({ length: 50 }, (_, i) => askInTurn(i, '/client/?limit=7'))
  const answers = await Promise.all(asked)
  t.strictSame(
    sim.arrivals.map(({ target }) => target),
    ['/client/?limit=7'],
  )
  t.equal(new Set(answers.map((answer) => answer.text)).size, 1)
  t.equal(answers.filter((answer) => answer.status === 200).length, 50)
})

t.test(
  'equal reads of what is not stored are one call for each replica at most',
  SKIP,
  async (t) => {
    const { askInTurn, sim, replicas } = await startReplicas(t, { count: 3 })
    sim.setFaults([{ kind: 'status', status: 404, body: 'none' }])
    const hold = sim.hold()
    const asked = Array.from({ length: 50 }, (_, i) => askInTurn(i, '/client/'))
    await hold.untilWaiting(1)
    for (const [at, { untilRequests, untilStatus }] of replicas.entries()) {
      await untilRequests(Math.ceil((50 - at) / 3))
      await untilStatus(({ cache }) => cache.flights === 1, 'all replicas to want it')
    }
    hold.release()
    for (const { status } of await Promise.all(asked)) t.equal(status, 404)
    t.ok(sim.arrivals.length <= 3, `${sim.arrivals.length} calls`)
  },
)

t.test(
  'the replica that makes the call is killed: another answers, with two calls',
  SKIP,
  async (t) => {
    const redis = await startRedis(t)
    const sim = await startSimulator({ minuteMax: 100_000, dayMax: 100_000 })
    t.teardown(() => sim.close())
    const env = {
      INTERVALS_PROXY_REDIS_URL: redis.url,
      INTERVALS_PROXY_NEW_DISK: 'trust',
      INTERVALS_PROXY_DAY_MAX: '6000',
      INTERVALS_PROXY_LOG_LEVEL: 'error',
      INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0s',
    }
    const dataDir = mkdtempSync(join(tmpdir(), 'replicas-'))
    const start = () => startProxy({ upstream: sim.url, dataDir, env })
    const [a, b] = await Promise.all([start(), start()])
    t.teardown(() => Promise.all([a.kill('SIGKILL'), b.kill('SIGKILL')]))
    const portOf = ({ url }: { url: string }): number => Number(new URL(url).port)
    const hold = sim.hold()
    const lost = ask(portOf(a), '/client/').catch(() => 'lost')
    await hold.untilWaiting(1)
    const waiting = Array.from({ length: 20 }, () =>
      ask(portOf(b), '/client/', { patienceMs: 30_000 }),
    )
    await a.kill('SIGKILL')
    t.equal(await lost, 'lost')
    const called = performance.now()
    while (sim.arrivals.length < 2) {
      if (performance.now() - called > 20_000) throw new Error('nobody else made the call')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    hold.release()
    for (const { status } of await Promise.all(waiting)) t.equal(status, 200)
    t.equal(sim.arrivals.length, 2)
  },
)
