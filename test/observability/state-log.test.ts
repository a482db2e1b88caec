/** What begins and ends by itself is said once when it begins, and once when it ends. */
import t from 'tap'
import { createStateLog } from '../../src/observability/state-log.js'
import { buildTestProxy } from '../server/build.js'
import { until } from '../server/client.js'

function watched() {
  const said: string[] = []
  const say = (level: string) => (fields: object, text: string) =>
    void said.push(`${level} ${String((fields as { state: unknown }).state)}: ${text}`)
  const state = {
    problem: undefined as string | undefined,
    ceiling: 100,
    isShedding: false,
    day: '2026-03-10',
    used: 0,
    nowMs: 0,
  }
  const usage = () => ({
    window: { ceiling: state.ceiling, max: 100 },
    days: [{ account: 'acme', day: state.day, used: state.used, max: 6_000 }],
  })
  const stateLog = createStateLog({
    ledger: { usage, problem: () => state.problem } as never,
    overload: { isShedding: () => state.isShedding },
    clock: { monotonicMs: () => state.nowMs },
    log: { info: say('info'), warn: say('warn'), error: say('error') } as never,
    everyMs: 0,
  })
  return {
    state,
    /** What three looks say. */
    looks() {
      said.length = 0
      for (let n = 0; n < 3; n++) stateLog.look()
      return [...said]
    },
  }
}

t.test('nothing to say while nothing changes', async (t) => {
  const { state, looks } = watched()
  t.strictSame(looks(), [])
  state.used = 5_999
  t.strictSame(looks(), [])
})

t.test('Redis away and back', async (t) => {
  const { state, looks } = watched()
  state.problem = 'Redis does not answer'
  t.match(looks(), [/^error stopped: nothing goes out: Redis does not answer/])
  state.nowMs = 12_000
  state.problem = undefined
  t.match(looks(), [/^info going-on: .*after 12 s/])
})

t.test('the ceiling lowered, and as before; the steps between are not said', async (t) => {
  const { state, looks } = watched()
  looks()
  state.ceiling = 75
  t.match(looks(), [/^warn ceiling-lowered: .*75 of 100/])
  state.ceiling = 80
  t.strictSame(looks(), [])
  state.ceiling = 60
  t.match(looks(), [/^warn ceiling-lowered: .*60 of 100/])
  state.ceiling = 100
  t.match(looks(), [/^info ceiling-restored/])
})

t.test('a ceiling that was lowered before the start is said at the start', async (t) => {
  const { state, looks } = watched()
  state.ceiling = 75
  t.match(looks(), [/^warn ceiling-lowered/])
})

t.test('a day spent, more of it, and the next', async (t) => {
  const { state, looks } = watched()
  state.used = 6_000
  t.match(looks(), [/^warn day-spent: the day of acme is spent, 6000 of 6000/])
  state.used = 5_990
  t.match(looks(), [/^info day-goes-on/])
  state.used = 6_000
  t.match(looks(), [/^warn day-spent/])
  Object.assign(state, { day: '2026-03-11', used: 3 })
  t.match(looks(), [/^info new-day: a new day for acme: 2026-03-10 took 6000 calls/])
})

t.test('overloaded, and no longer', async (t) => {
  const { state, looks } = watched()
  state.isShedding = true
  t.match(looks(), [/^warn overloaded/])
  Object.assign(state, { isShedding: false, nowMs: 3_000 })
  t.match(looks(), [/^info not-overloaded: .*3 s/])
})

t.test('in the proxy, from the start to the end of it', async (t) => {
  const { ask, lines, clock } = await buildTestProxy(t, {
    settings: { limits: { day: { max: 1 } } },
  })
  await ask('/client/')
  const states = () => lines.filter(({ state }) => state !== undefined)
  await until(() => states().length > 0, 'the line, which comes within a second')
  t.match(states(), [{ state: 'day-spent', account: 'default', used: 1, max: 1 }])
  clock.advance(24 * 60 * 60 * 1_000)
  await until(() => states().length > 1, 'the line of the next day')
  t.strictSame(
    states().map(({ state }) => state),
    ['day-spent', 'new-day'],
    'each once',
  )
})
