// cache.freshness through requests: what a client, an operator and Intervals see.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { OpenFile } from '../../src/server/ports/open-file.js'
import { buildTestProxy, testClock } from './build.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** At nine in the morning of tomorrow: how much of a day is to come decides whether it lasts. */
function morning() {
  const clock = testClock()
  clock.advance(DAY - (clock.wallMs() % DAY) + 9 * HOUR)
  return clock
}
const WAITING = { staleWhileRevalidate: '0s' }

interface Figures {
  readonly mode: string
  readonly accounts: readonly {
    readonly priceSeconds: number
    readonly stretchedSince: string | null
    readonly spareLeft: number
    readonly shapes: readonly {
      readonly shape: string
      readonly looks: number
      readonly ttlSecondsNow: number
    }[]
  }[]
}

interface Settings {
  readonly dayMax?: number
  readonly freshness?: string
  readonly resources?: object
}

async function build(t: Test, { dayMax = 100_000, ...cache }: Settings = {}) {
  const resources = { client: WAITING, project: WAITING, task: WAITING }
  const clock = morning()
  const proxy = await buildTestProxy(t, {
    settings: { limits: { day: { max: dayMax } }, cache: { resources, ...cache } },
    deps: { clock },
    simulator: { wallNow: () => clock.wallMs() },
  })
  const { sim, ask } = proxy
  return {
    ...proxy,
    clock,
    /** Reads each path, and says how many calls that cost. */
    async calls(...paths: readonly string[]): Promise<number> {
      sim.clearArrivals()
      for (const path of paths) t.equal((await ask(path)).status, 200)
      return sim.arrivals.length
    },
    /** A day that is nearly spent: first reads only, of rows that nothing else reads. */
    async spend(count: number): Promise<void> {
      for (let id = 0; id < count; id++) await ask(`/task/?limit=1&offset=${id}`)
      clock.advance(MINUTE)
      await ask('/client/')
    },
    freshness: async (): Promise<Figures> =>
      (JSON.parse((await ask('/-/status')).text) as { freshness: Figures }).freshness,
  }
}

void t.test('paced, and the day lasts: an entry is fresh for its ttl and no longer', async (t) => {
  const { calls, clock, ask } = await build(t)
  await calls('/client/')
  clock.advance(9 * MINUTE)
  t.equal(await calls('/client/'), 0)
  clock.advance(2 * MINUTE)
  t.equal(await calls('/client/'), 1)
  t.match((await ask('/client/')).headers['cache-status'], /; hit; ttl=(?:600|599)$/)
})

void t.test('an answer that was seen to change is fetched sooner', async (t) => {
  const { calls, clock, sim, freshness } = await build(t)
  await calls('/client/100001/')
  for (let n = 0; n < 4; n++) {
    sim.edit('agency', 'client', '100001', { name: `Name ${n}` })
    clock.advance(11 * MINUTE)
    await calls('/client/100001/')
    clock.advance(MINUTE)
    await calls('/client/100001/')
  }
  const [account] = (await freshness()).accounts
  const row = account?.shapes.find(({ shape }) => shape === 'client/:id')
  t.match(row, { looks: 4 })
  t.ok((row?.ttlSecondsNow ?? 600) < 120, `${row?.ttlSecondsNow} s`)
  clock.advance(5 * MINUTE)
  t.equal(await calls('/client/100001/'), 1)
})

void t.test(
  'the day would not last: what rarely changes is kept longer, and everything says so',
  async (t) => {
    const { calls, clock, spend, ask, freshness } = await build(t, { dayMax: 60 })
    await calls('/client/')
    await spend(40)
    clock.advance(15 * MINUTE)
    t.equal(await calls('/client/'), 0, 'past its ttl of ten minutes')
    const { headers } = await ask('/client/')
    t.match(headers['cache-status'], /; hit; ttl=\d+; detail=stretched$/)
    const figures = await freshness()
    t.match(figures, { mode: 'paced', accounts: [{ stretchedSince: /^20/ }] })
    const explained = JSON.parse((await ask('/-/explain?path=/client/')).text) as object
    t.match(explained, { answer: 'hit', freshness: 'paced', ttlSeconds: 600, calls: 0 })
    t.ok((explained as { freshForSecondsNow: number }).freshForSecondsNow > 600)
    clock.advance(5 * 3_600_000)
    t.equal(await calls('/client/'), 1, 'four times ttl and stale together is the longest')
  },
)

void t.test('a write is seen at once, however long entries are kept', async (t) => {
  const { calls, clock, spend, ask } = await build(t, { dayMax: 60 })
  await calls('/client/100001/')
  await spend(40)
  clock.advance(15 * MINUTE)
  t.equal(await calls('/client/100001/'), 0)
  const written = await ask('/client/100001/', { method: 'PUT', body: '{"name":"Written"}' })
  t.equal(written.status, 202)
  t.match((await ask('/client/100001/')).text, 'Written')
})

void t.test("a client's own max-age comes first", async (t) => {
  const { calls, clock, spend, sim, ask } = await build(t, { dayMax: 60 })
  await calls('/client/')
  await spend(40)
  clock.advance(15 * MINUTE)
  sim.clearArrivals()
  await ask('/client/', { headers: { 'cache-control': 'max-age=600' } })
  t.equal(sim.arrivals.length, 1)
})

for (const [name, cache] of [
  ['fixed', { freshness: 'fixed' }],
  ["an operator's ttl without maxAge", { resources: { client: { ...WAITING, ttl: '10m' } } }],
] as const) {
  void t.test(`never longer than its ttl: ${name}`, async (t) => {
    const { calls, clock, spend } = await build(t, { dayMax: 60, ...cache })
    await calls('/client/')
    await spend(40)
    clock.advance(15 * MINUTE)
    t.equal(await calls('/client/'), 1)
  })
}

void t.test('fixed: status and explain show no price', async (t) => {
  const { ask, freshness } = await build(t, { freshness: 'fixed' })
  await ask('/client/')
  t.same(await freshness(), { mode: 'fixed', accounts: [] })
  t.notMatch((await ask('/-/explain?path=/client/')).text, /freshness|price/u)
})

void t.test('saving: kept longer from the beginning, when changes are unlikely', async (t) => {
  const { calls, clock } = await build(t, { freshness: 'saving' })
  await calls('/client/')
  clock.advance(15 * MINUTE)
  t.equal(await calls('/client/'), 0)
})

void t.test('what was learnt survives a restart; a damaged file begins anew', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'freshness-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'freshness.json')
  const openFile: OpenFile = (name, _what, open) => {
    try {
      return open(join(dir, name))
    } catch {
      rmSync(join(dir, name))
      return open(join(dir, name))
    }
  }
  const start = async () =>
    buildTestProxy(t, {
      settings: { cache: { resources: { client: WAITING } } },
      deps: { openFile },
    })
  const looksAfterStart = async (): Promise<number> => {
    const { ask, app } = await start()
    await ask('/client/')
    const status = JSON.parse((await ask('/-/status')).text) as { freshness: Figures }
    await app.close()
    return status.freshness.accounts[0]?.shapes.find(({ shape }) => shape === 'client')?.looks ?? 0
  }
  const { ask, clock, app } = await start()
  await ask('/client/')
  clock.advance(11 * MINUTE)
  await ask('/client/')
  await app.close()
  t.equal(await looksAfterStart(), 1)
  writeFileSync(file, readFileSync(file, 'utf8').replace('"looks":', '"locks":'))
  t.equal(await looksAfterStart(), 0)
})
