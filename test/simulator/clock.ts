/** A clock that only the test moves: one second is as good as a minute. */
import type { SimulatorOptions } from '../../src/simulator/index.js'

export function manualClock() {
  let nowMs = 0
  const sleepers = new Set<{ untilMs: number; wake: () => void }>()
  const startMs = Date.parse('2026-07-01T12:00:00Z')
  return {
    options: {
      monotonicNow: () => nowMs,
      wallNow: () => startMs + nowMs,
      wait: (ms, signal) =>
        new Promise<void>((resolve, reject) => {
          const sleeper = { untilMs: nowMs + ms, wake: resolve }
          sleepers.add(sleeper)
          signal.addEventListener('abort', () => {
            sleepers.delete(sleeper)
            reject(new Error('aborted'))
          })
        }),
    } satisfies SimulatorOptions,
    /** Timers that run. */
    get waiting() {
      return sleepers.size
    },
    advance(ms: number) {
      nowMs += ms
      for (const sleeper of sleepers) {
        if (sleeper.untilMs > nowMs) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
  }
}
