/**
 * Three ways to count "100 requests a minute"; the documentation does not say which one applies.
 * Pure: time is an argument.
 */
import type { MinuteKind } from '../options.js'

export interface MinuteWindow {
  /** Whether the limit allows one more arrival at this time. */
  hasRoom(nowMs: number): boolean
  /** Counts one arrival. */
  count(nowMs: number): void
}

export interface MinuteBounds {
  readonly max: number
  readonly windowMs: number
}

export function createMinuteWindow(kind: MinuteKind, bounds: MinuteBounds): MinuteWindow {
  switch (kind) {
    case 'sliding':
      return slidingWindow(bounds)
    case 'fixed':
      return fixedWindow(bounds)
    case 'bucket':
      return leakyBucket(bounds)
    default:
      kind satisfies never
      throw new TypeError(
        `Expected \`minuteKinds\` to hold sliding, fixed or bucket, got ${String(kind)}`,
      )
  }
}

/** Never more than max in any [t, t + window). Keeps the newest `max` times: older ones cannot matter. */
function slidingWindow({ max, windowMs }: MinuteBounds): MinuteWindow {
  const newest: number[] = []
  let next = 0
  return {
    hasRoom(nowMs) {
      const oldest = newest[next]
      return oldest === undefined || nowMs - oldest >= windowMs
    },
    count(nowMs) {
      newest[next] = nowMs
      next = (next + 1) % max
    },
  }
}

/** Windows that start at multiples of the window on the monotonic clock. */
function fixedWindow({ max, windowMs }: MinuteBounds): MinuteWindow {
  let current = Number.NEGATIVE_INFINITY
  let counted = 0
  const turn = (nowMs: number): void => {
    const window = Math.floor(nowMs / windowMs)
    if (window === current) return
    current = window
    counted = 0
  }
  return {
    hasRoom(nowMs) {
      turn(nowMs)
      return counted < max
    },
    count(nowMs) {
      turn(nowMs)
      counted += 1
    },
  }
}

/** Holds max and drains max a window, so a full bucket lets one in every window/max. */
function leakyBucket({ max, windowMs }: MinuteBounds): MinuteWindow {
  let level = 0
  let atMs = Number.NEGATIVE_INFINITY
  const drain = (nowMs: number): void => {
    level = Math.max(0, level - ((nowMs - atMs) * max) / windowMs)
    atMs = nowMs
  }
  return {
    hasRoom(nowMs) {
      drain(nowMs)
      // The sum of many small drains may miss a whole request by rounding.
      return level + 1 <= max + 1e-6
    },
    count(nowMs) {
      drain(nowMs)
      // A refused arrival fills the bucket at most, or a flood would be refused for ever.
      level = Math.min(max, level + 1)
    },
  }
}
