/** One day behind one front, as a process of its own, because its clocks are moved. Prints JSON. */

import type { World } from './habits.js'
import type { DayPlan, DayResult } from './plan.js'
import { installVirtualTime } from './virtual-time.js'

const START = Date.parse('2026-06-30T00:00:00Z')
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const plan = JSON.parse(process.argv[2] ?? '{}') as DayPlan
const startMs = START + plan.fromHour * 60 * MINUTE
// Some minutes before, so that nothing of the day is the first thing that happens.
const time = installVirtualTime(startMs - 2 * MINUTE)
const { startSimulator } = await import('../../src/simulator/index.js')
const { basic, directly, throughProxy, ttlOnly } = await import('./front.js')
const { createJudge } = await import('./judge.js')
const { live } = await import('./habits.js')

const sim = await startSimulator({
  minuteKinds: ['sliding', 'fixed', 'bucket'],
  latencyMs: [50, 300],
  wallNow: time.now,
  monotonicNow: time.now,
  changesHeader: true,
  // The larger of the two plans.
  dayMax: 12_000,
  ...(plan.isUnlimited && { minuteMax: 1_000_000, dayMax: 1_000_000 }),
})
const proxy = plan.front === 'proxy' ? await startProxy() : undefined
const upstream = directly(sim.url)
const front =
  proxy !== undefined
    ? throughProxy(proxy)
    : plan.front === 'ttl'
      ? ttlOnly(upstream, { now: time.now, factor: plan.factor })
      : upstream
const authorization = basic('agencyadm01')
const world: Omit<World, 'front' | 'startMs' | 'fromMs' | 'seed'> = {
  now: time.now,
  sleep: time.sleep,
  hours: plan.hours,
  hasMoreEdits: plan.hasMoreEdits ?? false,
  rows(target) {
    const body = sim.truth(target, { accept: 'application/json', authorization })
    const name = /^\/(\w+)/.exec(target)?.[1] ?? ''
    return (JSON.parse(body) as Record<string, never>)[name] ?? []
  },
  edit(resource, id, fields) {
    judge.beforeEdit(resource)
    sim.edit('agency', resource, id, fields)
  },
}
let judge = createJudge(sim, time.now)
let before = 0
for (let day = 0; day <= (plan.daysBefore ?? 0); day++) {
  // Only the last day is judged; the ones before teach the proxy.
  judge = createJudge(sim, time.now)
  before = sim.arrivals.length
  const offsetMs = day * DAY
  let failure: unknown
  const demands = Array.from({ length: plan.demand ?? 1 }, (_, times) =>
    live({
      ...world,
      front: judge.judged(front),
      startMs: START + offsetMs,
      fromMs: startMs + offsetMs,
      seed: plan.seed + 1_000 * day + 100 * times,
    }),
  )
  Promise.all(demands).catch((error: unknown) => (failure = error))
  const isLast = day === (plan.daysBefore ?? 0)
  // An hour for what the last of them has begun.
  await time.runUntil(startMs + offsetMs + plan.hours * 60 * MINUTE + (isLast ? 60 * MINUTE : 0))
  if (failure !== undefined) throw failure
}

const arrivals = sim.arrivals.slice(before)
const calls = arrivals.length
const result: DayResult = {
  ...judge.verdict(),
  calls,
  quotaCalls: arrivals.filter(({ target }) => target.startsWith('/quota')).length,
  refusals: arrivals.filter(({ apiCode }) => apiCode === 11 || apiCode === 12).length,
  maxInAnyWindow: sim.maxInAnyWindow(60_000),
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))

/** As it is shipped, with its defaults, but in memory, and by the day's clock. */
async function startProxy() {
  const { buildApp } = await import('../../src/server/app.js')
  const { FEATURES } = await import('../../src/features.js')
  const { loadConfig } = await import('../../src/config/load.js')
  const { createMemoryJournal } = await import('../../src/limits/index.js')
  const loaded = loadConfig({
    env: {},
    cwd: '/nowhere',
    file: 'settings.yaml',
    readFile: () =>
      JSON.stringify({
        upstream: { url: sim.url },
        // What would be measured is the machine, which has a day's work in a minute.
        server: { overload: { maxEventLoopDelay: '0ms' } },
        ...plan.settings,
      }),
  })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const app = await buildApp(loaded.config, {
    clock: { bootId: null, monotonicMs: time.now, wallMs: time.now },
    journal: createMemoryJournal(),
    features: FEATURES.pipeline,
    secret: () => Buffer.alloc(32, 7),
    newDisk: 'idle',
    // It measures the event loop, which has a day's work in a minute.
    isUnderPressure: () => false,
    version: '0.0.0-bench',
  })
  await app.ready()
  return app
}
