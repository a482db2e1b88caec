/**
 * How far the upstream's clock is from ours, read off its `Date` headers. A Date names a whole
 * second, so one header bounds the offset to one second plus the time the request took; the newest
 * readings are intersected.
 */

/** Below this the two clocks count as one. */
export const HARMLESS_SKEW_MS = 2_000

export interface Skew {
  observe(dateMs: number, sentWallMs: number, receivedWallMs: number): void
  /** Upstream minus ours, milliseconds; 0 while harmless or unknown. */
  offsetMs(): number
  /** The same without the threshold, undefined while unknown: for people. */
  measuredMs(): number | undefined
}

export function createSkew(): Skew {
  let low = -Infinity
  let high = Infinity

  const middle = (): number | undefined => (high === Infinity ? undefined : (low + high) / 2)

  return {
    observe(dateMs, sentWallMs, receivedWallMs) {
      const newLow = dateMs - receivedWallMs
      const newHigh = dateMs + 1_000 - sentWallMs
      if (!Number.isFinite(dateMs) || newLow > newHigh) return
      const isConsistent = newLow <= high && newHigh >= low
      low = isConsistent ? Math.max(low, newLow) : newLow
      high = isConsistent ? Math.min(high, newHigh) : newHigh
    },
    offsetMs() {
      const offset = middle() ?? 0
      return Math.abs(offset) > HARMLESS_SKEW_MS ? Math.round(offset) : 0
    },
    measuredMs: middle,
  }
}
