/** Each state of the proxy has its code, its status and the time it began. */
import t from 'tap'
import { createHealth } from '../../src/server/health.js'
import type { HealthPorts } from '../../src/server/health.js'
import { testClock } from './build.js'

const HOUR_MS = 3_600_000

/** A healthy proxy, with what `change` makes of it. */
function healthOf(t: { teardown(end: () => void): void }, change: object = {}) {
  const clock = testClock()
  const emitted: unknown[] = []
  const usage = { window: { held: 0 }, days: [], pauses: [], skewMs: undefined }
  const state = {
    usage,
    problem: undefined as string | undefined,
    isShedding: false,
    unreachable: undefined as object | undefined,
    dropping: undefined as object | undefined,
    lastsUntil: null as string | null,
    ...change,
  }
  const ports = {
    clock,
    ledger: { usage: () => state.usage, problem: () => state.problem },
    freshness: { report: () => undefined },
    budgets: { day: () => ({ lastsUntil: state.lastsUntil, perHour: 500 }) },
    overload: { isShedding: () => state.isShedding },
    reachability: { unreachable: () => state.unreachable },
    logOutput: { dropping: () => state.dropping },
    events: { emit: (event: unknown) => void emitted.push(event) },
  }
  const health = createHealth(ports as unknown as HealthPorts)
  t.teardown(() => health.close())
  return { health, clock, state, usage, emitted }
}

const day = (account: string, used: number, max = 100) => {
  const resetAtWallMs = testClock().wallMs() + 5 * HOUR_MS
  return { account, used, max, resetAtWallMs }
}
const pause = (scope: string) => ({ scope, leftMs: 9_000, detail: 'code 12', sinceWallMs: 7_000 })

t.test('a healthy proxy is ok', async (t) => {
  t.strictSame(healthOf(t).health.now(), { status: 'ok', reasons: [] })
})

t.test('each state, and whether requests that need a call can be answered', async (t) => {
  const { usage } = healthOf(t)
  const soon = new Date(testClock().wallMs() + HOUR_MS).toISOString()
  const states: readonly (readonly [code: string, status: string, change: object])[] = [
    ['store-unavailable', 'down', { problem: 'the disk is full' }],
    ['upstream-unreachable', 'down', { unreachable: { sinceMs: 7_000, message: 'refused' } }],
    ['quarantine', 'down', { usage: { ...usage, quarantineMs: 40_000 } }],
    ['paused', 'down', { usage: { ...usage, pauses: [pause('window')] } }],
    ['day-spent', 'down', { usage: { ...usage, days: [day('a', 100)] } }],
    ['overload', 'down', { isShedding: true }],
    [
      'day-will-not-last',
      'degraded',
      { usage: { ...usage, days: [day('a', 9)] }, lastsUntil: soon },
    ],
    ['log-lines-dropped', 'degraded', { dropping: { lines: 3, reason: 'pipe', sinceMs: 7_000 } }],
  ]
  for (const [code, status, change] of states) {
    t.match(healthOf(t, change).health.now(), {
      status,
      reasons: [{ code, since: /^\d{4}-\d\d-\d\dT/, message: /^[A-Z].*\w/ }],
    })
  }
})

t.test('one account of several that cannot send is degraded, all of them are down', async (t) => {
  const { usage } = healthOf(t)
  const of = (change: object) => healthOf(t, { usage: { ...usage, ...change } }).health.now().status
  t.equal(of({ days: [day('a', 100), day('b', 1)] }), 'degraded')
  t.equal(of({ days: [day('a', 100), day('b', 100)] }), 'down')
  t.equal(of({ days: [day('a', 1), day('b', 1)], pauses: [pause('account:a')] }), 'degraded')
})

t.test(
  '`since` stays, events tell beginning and end once, and a new beginning is a new time',
  async (t) => {
    const { health, state, clock, emitted } = healthOf(t, { problem: 'the disk is full' })
    const since = () => health.now().reasons[0]?.since
    const first = since()
    clock.advance(5_000)
    t.equal(since(), first)
    state.problem = undefined
    t.equal(since(), undefined)
    clock.advance(5_000)
    state.problem = 'the disk is full'
    t.not(since(), first)
    t.match(emitted, [
      { event: 'health', code: 'store-unavailable', message: /disk/ },
      { event: 'health', code: 'store-unavailable', message: null },
      { event: 'health', code: 'store-unavailable', message: /disk/ },
    ])
  },
)
