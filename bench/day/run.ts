/** One day behind one front, as a process of its own, because its clocks are moved. Prints JSON. */

import type { DayPlan, DayResult } from './plan.js'
import { installVirtualTime } from './virtual-time.js'

const START = Date.parse('2026-06-30T00:00:00Z')
const MINUTE = 60_000

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
const judge = createJudge(sim, time.now)
const upstream = directly(sim.url)
const front =
  proxy !== undefined
    ? throughProxy(proxy)
    : plan.front === 'ttl'
      ? ttlOnly(upstream, { now: time.now, factor: plan.factor })
      : upstream
const authorization = basic('agencyadm01')
const day = live({
  front: judge.judged(front),
  now: time.now,
  sleep: time.sleep,
  startMs: START,
  fromMs: startMs,
  hours: plan.hours,
  seed: plan.seed,
  rows(target) {
    const body = sim.truth(target, { accept: 'application/json', authorization })
    const name = /^\/(\w+)/.exec(target)?.[1] ?? ''
    return (JSON.parse(body) as Record<string, never>)[name] ?? []
  },
  edit: (resource, id, fields) => sim.edit('agency', resource, id, fields),
})
let failure: unknown
day.catch((error: unknown) => (failure = error))
// An hour for what the last of them has begun.
await time.runUntil(startMs + (plan.hours + 1) * 60 * MINUTE)
if (failure !== undefined) throw failure

const calls = sim.arrivals.length
const result: DayResult = {
  ...judge.verdict(),
  calls,
  quotaCalls: sim.arrivals.filter(({ target }) => target.startsWith('/quota')).length,
  refusals: sim.arrivals.filter(({ apiCode }) => apiCode === 11 || apiCode === 12).length,
  maxInAnyWindow: sim.maxInAnyWindow(60_000),
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))

/** As it is shipped, with its defaults, but in memory, and by the day's clock. */
async function startProxy() {
  const { buildApp } = await import('../../src/server/app.js')
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
    secret: Buffer.alloc(32, 7),
    newDisk: 'idle',
    // It measures the event loop, which has a day's work in a minute.
    isUnderPressure: () => false,
    version: '0.0.0-bench',
  })
  await app.ready()
  return app
}
