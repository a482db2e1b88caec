import t from 'tap'
import { explain } from '../../src/limits/ledger/explain-refusal.js'
import { pauseAfter } from '../../src/limits/ledger/pause-rules.js'
import type { RefusalFound } from '../../src/limits/ledger/pause-rules.js'

const window = { max: 100, windowMs: 60_000, marginMs: 160, lostMarginMs: 2_000 }
const noon = Date.parse('2026-03-10T12:00:00Z')
const found = (reason: RefusalFound['reason'], retryAfterMs?: number): RefusalFound => ({
  reason,
  scope: 'account:a',
  retryAfterMs,
})
const hold = (refusal: RefusalFound, wallMs = noon) =>
  explain(refusal, { wallMs, held: 7, window }).holdMs

t.test('too fast: a window at least, or what the upstream asks for', async (t) => {
  t.equal(hold(found('too-fast')), 60_160)
  t.equal(hold(found('too-fast', 5_000)), 60_160)
  t.equal(hold(found('too-fast', 120_000)), 120_000)
  t.match(explain(found('too-fast'), { wallMs: noon, held: 7, window }).detail, '7 of 100')
})

t.test(
  'too fast: no Retry-After stops the proxy for longer than the day and an hour',
  async (t) => {
    const thirtyYears = 30 * 365 * 86_400_000
    const toMidnight = 12 * 3_600_000
    t.equal(hold(found('too-fast', thirtyYears)), toMidnight + 3_600_000)
    t.equal(hold(found('too-fast', toMidnight)), toMidnight, 'what can be meant is obeyed')
    const refused = {
      ...explain(found('too-fast', thirtyYears), { wallMs: noon, held: 7, window }),
      scope: 'ip',
      reason: 'too-fast',
    } as const
    const first = pauseAfter(undefined, refused, { monotonicMs: 0, wallMs: noon })
    const second = pauseAfter(first, refused, { monotonicMs: first.untilMs, wallMs: noon })
    t.equal(second.strikes, 2)
    t.equal(second.durationMs, first.durationMs, 'nor does doubling')
  },
)

t.test('day exceeded: until after midnight, UTC', async (t) => {
  t.equal(hold(found('day-exceeded')), 12 * 3_600_000 + 5_000)
  t.equal(hold(found('day-exceeded'), Date.parse('2026-03-10T23:59:59Z')), 6_000)
})

t.test(
  'day exceeded, and midnight passed while the answer was under way: not a day more',
  async (t) => {
    for (const ms of [0, 200, 4_000, 30_000]) {
      const holdMs = hold(found('day-exceeded'), Date.parse('2026-03-11T00:00:00Z') + ms)
      t.ok(holdMs <= 5_000 && holdMs >= 1_000, `${ms} ms after midnight: ${holdMs} ms`)
    }
    t.ok(hold(found('day-exceeded'), Date.parse('2026-03-11T00:02:00Z')) > 86_000_000)
  },
)

t.test('what needs a person never ends by itself, and says how to end it', async (t) => {
  for (const reason of ['suspended', 'banned', 'unpaid'] as const) {
    t.equal(hold(found(reason)), Infinity, reason)
    t.match(explain(found(reason), { wallMs: noon, held: 0, window }).detail, '/-/resume')
  }
})
