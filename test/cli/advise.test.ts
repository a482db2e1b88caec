import t from 'tap'
import { adviceOf } from '../../src/cli/ttl-advice.js'
import type { FreshnessStatus } from '../../src/report/status-report.js'
import { parse } from 'yaml'
import { buildTestProxy, testClock } from '../server/build.js'
import { runInProcess } from './in-process.js'

type Shape = FreshnessStatus['accounts'][number]['shapes'][number]
const shape = (name: string, looks: number, changesPerDay: number, ttlSeconds: number): Shape => ({
  shape: name,
  looks,
  changesPerDay,
  ttlSeconds,
  ttlSecondsNow: null,
})
const freshness = (...accounts: (readonly Shape[])[]): FreshnessStatus => ({
  mode: 'paced',
  accounts: accounts.map((shapes, n) => ({
    account: `account ${n}`,
    priceSeconds: 1,
    stretchedSince: null,
    keptTimes: 1,
    longestSeconds: 0,
    mandatoryLeft: null,
    spareLeft: null,
    shapes,
  })),
})

t.test('the shape that changes most often decides, of whichever account', (t) => {
  const { resources, unknown } = adviceOf(
    freshness(
      [shape('task?projectid', 100, 20, 30), shape('task/:id', 50, 1, 30)],
      [shape('task/:id', 10, 2, 30), shape('client', 20, 0, 600), shape('invoice', 4, 9, 300)],
    ),
  )
  t.strictSame(unknown, ['invoice'])
  const [client, task] = resources
  // √(2 · 10 s / (20 / 86,400 s)) = 294 s; the next that a person would write is 2 min.
  t.match(task, { resource: 'task', changesPerDay: 20, ttlSeconds: 30, suggestedSeconds: 120 })
  t.equal(task?.looksPerDay, Math.round(160 * Math.LN2))
  t.equal(task?.callsPerDay, Math.round(160 * Math.LN2 * (30 / 120 - 1)))
  t.equal(task?.staleSeconds, 0.56)
  t.match(client, { resource: 'client', suggestedSeconds: 86_400, staleSeconds: 0 })
  t.end()
})

t.test('what changes all the time is fetched more often, down to 5 s', (t) => {
  const { resources } = adviceOf(freshness([shape('time', 50, 2_000_000, 30)]))
  t.match(resources, [{ suggestedSeconds: 5 }])
  t.ok((resources[0]?.callsPerDay ?? 0) > 0)
  t.end()
})

t.test(
  'from a running proxy: too few looks, then YAML to paste, and nothing in mode fixed',
  async (t) => {
    const clock = testClock()
    const { ask, port } = await buildTestProxy(t, { deps: { clock } })
    const advise = async (...more: readonly string[]) =>
      runInProcess(['advise', '--url', `http://127.0.0.1:${port}`, ...more])
    await ask('/client/')
    t.match(await advise(), { code: 0, out: /not enough observations yet/u })
    for (let n = 0; n < 7; n++) {
      clock.advance(11 * 60_000)
      await ask('/client/')
    }
    const { out, code } = await advise()
    t.equal(code, 0)
    t.match(out, /^client +\d+ +[\d.]+ +10m /mu)
    const yaml = parse(out.slice(out.indexOf('cache:'))) as {
      cache: { resources: { client: { ttl: string } } }
    }
    t.match(yaml.cache.resources.client.ttl, /^\d+[smhd]$/u)
    const { resources } = JSON.parse((await advise('--json')).out) as { resources: unknown[] }
    t.equal(resources.length, 1)
    const fixed = await buildTestProxy(t, { settings: { cache: { freshness: 'fixed' } } })
    t.match(await runInProcess(['advise', '--url', `http://127.0.0.1:${fixed.port}`]), {
      code: 0,
      out: /cache\.freshness is fixed/u,
    })
  },
)
