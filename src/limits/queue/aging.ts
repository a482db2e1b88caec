/**
 * So that no class starves: a lane that has not been served for the aging time gets one request out
 * before the more urgent ones. A turn in which it had to yield is no service; the time runs on.
 */

import { oldestSince } from './line.js'
import type { Lane } from './line.js'
import type { Timers } from './timers.js'

export interface Aging {
  /** From when (monotonic) this lane goes before the others. */
  agedAt(lane: Lane): number
  /** Sees to it that this lane gets its turn in time; one timer per lane. */
  watch(lane: Lane): void
  /** Nobody waits there any more. */
  forget(lane: Lane): void
  /** Does a lane stand in the gate for its age? Other rounds end for it. */
  isTurnDue(): boolean
}

export function createAging(options: {
  readonly agingMs: number
  readonly timers: Timers
  readonly nowMs: () => number
  /** One request of this lane, before all others; rejects when the gate is closed. */
  readonly takeTurn: (lane: Lane) => Promise<void>
}): Aging {
  const { agingMs, timers, nowMs, takeTurn } = options
  const watched = new Map<Lane, { cancel(): void } | 'in the gate'>()
  let turns = 0

  const agedAt = (lane: Lane): number =>
    Math.max(oldestSince(lane) ?? nowMs(), lane.servedAtMs) + agingMs

  function watch(lane: Lane): void {
    if (watched.has(lane) || lane.waiting === 0) return
    watched.set(
      lane,
      timers.after(agedAt(lane) - nowMs(), () => {
        watched.delete(lane)
        if (agedAt(lane) > nowMs()) watch(lane)
        else enter(lane)
      }),
    )
  }

  function enter(lane: Lane): void {
    watched.set(lane, 'in the gate')
    turns++
    takeTurn(lane)
      .catch(() => {})
      .finally(() => {
        turns--
        watched.delete(lane)
        // Whoever could not leave even so gets the next chance as much later.
        lane.servedAtMs = nowMs()
        watch(lane)
      })
  }

  return {
    agedAt,
    watch,
    forget(lane) {
      const timer = watched.get(lane)
      if (timer === undefined || timer === 'in the gate') return
      timer.cancel()
      watched.delete(lane)
    },
    isTurnDue: () => turns > 0,
  }
}
