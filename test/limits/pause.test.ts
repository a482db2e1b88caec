import t from 'tap'
import { accountScope, pauseAfter, verdict } from '../../src/limits/ledger/pause-rules.js'
import type { Pause } from '../../src/limits/ledger/pause-rules.js'
import { PAUSE_REASONS, type PauseReason } from '../../src/limits/ledger/types.js'

const NOW = { monotonicMs: 50_000, wallMs: Date.parse('2026-03-10T12:00:00Z') }
const later = (ms: number) => ({ monotonicMs: NOW.monotonicMs + ms, wallMs: NOW.wallMs + ms })
const refused = (reason: PauseReason, holdMs = 1_000) => ({
  scope: accountScope('a'),
  reason,
  holdMs,
  detail: `because of ${reason}`,
})
const PROBE_TIMEOUT = 300

t.test('the first refusal begins a pause, the rest of its burst changes nothing', async (t) => {
  const first = pauseAfter(undefined, refused('too-fast'), NOW)
  t.match(first, { reason: 'too-fast', strikes: 1, durationMs: 1_000, probe: null })
  t.equal(first.untilMs, NOW.monotonicMs + 1_000)
  for (const ms of [0, 1, 500, 999]) {
    t.equal(pauseAfter(first, refused('too-fast', 9_000), later(ms)), first, `${ms} ms later`)
  }
  t.equal(pauseAfter(first, refused('day-exceeded'), later(1)), first, 'nor another passing reason')
})

t.test('a refused probe doubles it, up to 32 times', async (t) => {
  let pause = pauseAfter(undefined, refused('too-fast'), NOW)
  const durations: number[] = []
  let ms = 0
  for (let i = 0; i < 8; i++) {
    durations.push(pause.durationMs)
    ms += pause.durationMs + 10
    pause = pauseAfter(
      { ...pause, probe: { permit: i, sinceMs: later(ms - 5).monotonicMs } },
      refused('too-fast'),
      later(ms),
    )
  }
  t.same(
    durations,
    [1, 2, 4, 8, 16, 32, 32, 32].map((factor) => factor * 1_000),
  )
})

t.test('the end of the day does not double: midnight stays where it is', async (t) => {
  const first = pauseAfter(undefined, refused('day-exceeded', 60_000), NOW)
  const again = pauseAfter(first, refused('day-exceeded', 60_000), later(60_001))
  t.equal(again.durationMs, 60_000)
  t.equal(again.strikes, 2)
})

t.test('what needs a person lasts for ever, and outranks what passes', async (t) => {
  const persons: readonly PauseReason[] = ['suspended', 'banned', 'unpaid', 'by-hand']
  for (const reason of PAUSE_REASONS) {
    const pause = pauseAfter(undefined, refused(reason), NOW)
    t.equal(pause.untilMs === Infinity, persons.includes(reason), reason)
  }
  const passing = pauseAfter(undefined, refused('too-fast'), NOW)
  for (const reason of persons) {
    const pause = pauseAfter(passing, refused(reason), later(1))
    t.match(pause, { reason, untilMs: Infinity })
    t.equal(pauseAfter(pause, refused('too-fast'), later(2)), pause, `${reason} stays`)
    t.equal(pauseAfter(pause, refused('banned'), later(2)), pause, `${reason} stays the cause`)
  }
})

t.test('verdict', async (t) => {
  const pause = pauseAfter(undefined, refused('too-fast'), NOW)
  const probed: Pause = { ...pause, probe: { permit: 9, sinceMs: pause.untilMs + 5 } }
  const cases: readonly [string, Pause | undefined, number, string][] = [
    ['no pause', undefined, 0, 'open'],
    ['just begun', pause, 0, 'paused'],
    ['a moment before the end', pause, 999, 'paused'],
    ['at the end: one tries', pause, 1_000, 'probe'],
    ['the others wait for it', probed, 1_005, 'probing'],
    ['until it has taken too long', probed, 1_304, 'probing'],
    ['then the next tries', probed, 1_305, 'probe'],
    ['for a person, years later', { ...pause, untilMs: Infinity }, 1e12, 'paused'],
  ]
  for (const [name, one, ms, expected] of cases) {
    t.equal(verdict(one, NOW.monotonicMs + ms, PROBE_TIMEOUT).kind, expected, name)
  }
})
