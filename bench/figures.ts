/** Small statistics, and how figures are written. */

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** Rounds of one measurement: the middle one, and how far they lay apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/** Three digits that matter, with commas: 12,300 and 0.271. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value === 0) return '0'
  const digits = Math.floor(Math.log10(Math.abs(value)))
  const rounded = Number(value.toPrecision(3))
  return digits >= 2
    ? Math.round(rounded).toLocaleString('en-US')
    : rounded.toFixed(Math.min(3, 2 - digits))
}

export const showSpread = ({ median, min, max }: Spread): string =>
  `${short(median)} (${short(min)}-${short(max)})`

/** The largest number of times inside any rolling window. */
export function maxInAnyWindow(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  let most = 0
  let first = 0
  for (const [index, at] of sorted.entries()) {
    while ((sorted[first] ?? 0) <= at - windowMs) first++
    most = Math.max(most, index - first + 1)
  }
  return most
}
