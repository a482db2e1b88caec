/** The times that can be looked at, and their buckets put together to as many bars as can be told apart. */

import { WAYS } from '../../report/traffic.js'
import type { WayCounts, Way } from '../../report/traffic.js'
import type { Bucket } from './frame.js'
import { addCounts } from './model.js'
import type { Model } from './model.js'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export const RANGES = [
  { name: '1 h', lengthMs: HOUR_MS, stepMs: MINUTE_MS, of: 'minutes' },
  { name: '6 h', lengthMs: 6 * HOUR_MS, stepMs: 5 * MINUTE_MS, of: 'minutes' },
  { name: '24 h', lengthMs: 24 * HOUR_MS, stepMs: 20 * MINUTE_MS, of: 'minutes' },
  { name: '35 d', lengthMs: 35 * 24 * HOUR_MS, stepMs: 24 * HOUR_MS, of: 'hours' },
] as const
export type Range = (typeof RANGES)[number]

export interface Bar {
  readonly at: number
  readonly ways: WayCounts
  readonly calls: number
}

/** The last of them is the one that runs. */
export function barsOf(model: Model, range: Range): readonly Bar[] {
  const { stepMs, lengthMs } = range
  const last = Math.floor(model.nowMs / stepMs) * stepMs
  const bars = new Map<number, Bar>()
  for (let at = last - lengthMs + stepMs; at <= last; at += stepMs) {
    bars.set(at, { at, ways: {}, calls: 0 })
  }
  for (const bucket of model[range.of].values()) {
    const at = Math.floor(bucket.at / stepMs) * stepMs
    const bar = bars.get(at)
    if (bar !== undefined) bars.set(at, added(bar, bucket))
  }
  return [...bars.values()]
}

const added = (bar: Bar, bucket: Bucket): Bar => ({
  at: bar.at,
  ways: addCounts(bar.ways, bucket.ways),
  calls: bar.calls + bucket.calls,
})

/** Hours of a range, for tables: whole ones, so a little more than what the bars show. */
export function hoursOf(model: Model, { lengthMs }: Range): readonly Bucket[] {
  const since = Math.floor((model.nowMs - lengthMs) / HOUR_MS) * HOUR_MS
  return [...model.hours.values()].filter(({ at }) => at >= since)
}

/** Heights of a stack, from below: each with all that is under it. */
export function stacked(bars: readonly Bar[]): readonly (readonly number[])[] {
  const heights = bars.map(() => 0)
  return WAYS.map((way: Way) =>
    bars.map(({ ways }, index) => {
      const height = (heights[index] ?? 0) + (ways[way] ?? 0)
      heights[index] = height
      return height
    }),
  )
}
