/** Time that costs none: it moves on to the next timer as soon as nothing else is left to do. */
import FakeTimers, { type Clock } from '@sinonjs/fake-timers'
import type { Test } from 'tap'

let running: { readonly t: Test; readonly timers: Clock } | undefined

/** From here to the end of this test. */
export function virtualTime(t: Test): void {
  if (running?.t === t) return
  const timers = FakeTimers.install({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    // tap has set the timeout of this test before.
    shouldClearNativeTimers: true,
  })
  timers.setTickMode({ mode: 'nextAsync' })
  running = { t, timers }
  t.teardown(() => {
    timers.uninstall()
    running = undefined
  })
}

export const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Timers that are set and not cleared. */
export const timerCount = (): number => running?.timers.countTimers() ?? 0

/** What came of it, and the milliseconds that passed until then. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startMs = performance.now()
  const result = await work()
  return { result, tookMs: performance.now() - startMs }
}
