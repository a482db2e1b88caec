/** Figures by hour of the day, UTC: 24 numbers, and how they weigh a span of time. */

export type Hours = readonly number[]

export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Spans longer than this count as this long; no entry is kept so long, and a clock may have been set. */
const MAX_SPAN_MS = 14 * DAY_MS

export const evenHours = (value: number): number[] => Array.from({ length: 24 }, () => value)

export const hourOf = (wallMs: number): number => Math.floor(wallMs / HOUR_MS) % 24

export const sumOf = (hours: Hours): number => hours.reduce((sum, one) => sum + one, 0)

/** Sum over the part of a day from `fromMs` to `toMs`, both since its midnight; hours count by the part covered. */
export function sumBetween(hours: Hours, fromMs: number, toMs: number): number {
  let sum = 0
  for (const [hour, value] of hours.entries()) {
    const begin = Math.max(fromMs, hour * HOUR_MS)
    const end = Math.min(toMs, (hour + 1) * HOUR_MS)
    if (end > begin) sum += (value * (end - begin)) / HOUR_MS
  }
  return sum
}

const MIN_WEIGHT = 0.1
const MAX_WEIGHT = 5

/** How much more often than on average answers change in each hour, estimated from a day's writes. */
export function weightsOf(writes: Hours): number[] {
  const mean = (sumOf(writes) + 24) / 24
  const raw = writes.map((count) => (count + 1) / mean)
  return raw.map((value, hour) => {
    const before = raw[(hour + 23) % 24] ?? value
    const after = raw[(hour + 1) % 24] ?? value
    const smooth = (before + 2 * value + after) / 4
    return Math.min(MAX_WEIGHT, Math.max(MIN_WEIGHT, smooth))
  })
}

/** Seconds from one moment to another, each weighted by its hour; 0 if the clock was set back. */
export function weightedSeconds(weights: Hours, fromMs: number, toMs: number): number {
  const endMs = Math.min(toMs, fromMs + MAX_SPAN_MS)
  if (!(endMs > fromMs)) return 0
  const days = Math.floor((endMs - fromMs) / DAY_MS)
  let sum = days * 3_600 * sumOf(weights)
  for (let atMs = fromMs + days * DAY_MS; atMs < endMs;) {
    const nextMs = Math.min(endMs, (Math.floor(atMs / HOUR_MS) + 1) * HOUR_MS)
    sum += ((nextMs - atMs) / 1_000) * (weights[hourOf(atMs)] ?? 1)
    atMs = nextMs
  }
  return sum
}
