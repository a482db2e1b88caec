// What limiters are compared by is counted from the judge's list, and each limiter is one that limits.

import { install } from '@sinonjs/fake-timers'
import t from 'tap'
import { judged, used, waitsOf } from '../../bench/limiters/judged.js'
import { createLimiter } from '../../bench/limiters/limiter.js'
import type { LimiterPlan } from '../../bench/limiters/limiter.js'
import type { Arrival } from '../../bench/limiters/pair.js'

const arrival = (atMs: number, more: Partial<Arrival> = {}): Arrival => ({
  atMs,
  wallMs: 1_000_000 + atMs,
  target: `/client/?offset=${atMs}`,
  status: 200,
  ...more,
})
const refused = { status: 400, apiCode: 12 }

t.test(
  'the most in any window counts what was refused, and windows that nobody began',
  async (t) => {
    const arrivals = [0, 900, 950, 1_000, 1_050].map((at) => arrival(at))
    t.strictSame(judged(arrivals, 1_000), { most: 4, sent: 5, refused: 0 })
    t.strictSame(judged([...arrivals, arrival(1_060, refused)], 1_000), {
      most: 5,
      sent: 6,
      refused: 1,
    })
  },
)

t.test(
  'used is what was answered from half a window after the second call on, and no quota and no refusal',
  async (t) => {
    const arrivals = [
      arrival(0),
      arrival(500),
      arrival(999),
      arrival(1_000),
      arrival(1_010, { target: '/quota/' }),
      arrival(1_100, refused),
      arrival(1_999),
      arrival(2_000),
    ]
    t.equal(used(arrivals, { windows: 1, windowMs: 1_000, max: 4 }), 0.5)
    t.equal(used([], { windows: 1, windowMs: 1_000, max: 4 }), 0)
  },
)

t.test('a call that has not arrived has no wait', async (t) => {
  const call = { target: '/client/?offset=7', wallMs: 1_000_000 }
  t.strictSame(waitsOf([call, { ...call, target: '/other/' }], [arrival(7)]), [7, undefined])
})

const PLANS: Readonly<Record<string, LimiterPlan>> = {
  reservoir: {
    kind: 'bottleneck',
    options: { reservoir: 3, reservoirRefreshAmount: 3, reservoirRefreshInterval: 1_000 },
  },
  queue: { kind: 'rate-limiter-flexible', points: 3, seconds: 1 },
  'p-queue': { kind: 'p-queue', options: { intervalCap: 3, interval: 1_000 } },
  'p-queue, strict': {
    kind: 'p-queue',
    options: { intervalCap: 3, interval: 1_000, strict: true },
  },
}

for (const [name, plan] of Object.entries(PLANS)) {
  t.test(`${name}: three of four calls leave at once, the fourth after the window`, async (t) => {
    const clock = install({ now: 1_000_000 })
    t.teardown(() => clock.uninstall())
    const limit = createLimiter(plan)
    let left = 0
    for (let at = 0; at < 4; at++) void limit(async () => ++left, true)
    await clock.tickAsync(500)
    t.equal(left, 3)
    await clock.tickAsync(1_500)
    t.equal(left, 4)
  })
}

t.test(
  'what is not urgent stands behind what came later, where a library has priorities',
  async (t) => {
    const clock = install({ now: 1_000_000 })
    t.teardown(() => clock.uninstall())
    for (const name of ['reservoir', 'p-queue']) {
      const limit = createLimiter(PLANS[name] ?? { kind: 'none' })
      const order: string[] = []
      for (let at = 0; at < 5; at++) void limit(async () => order.push('hog'), false)
      await clock.tickAsync(100)
      void limit(async () => order.push('human'), true)
      await clock.tickAsync(1_500)
      t.strictSame(order, ['hog', 'hog', 'hog', 'human', 'hog', 'hog'], name)
    }
  },
)
