/** When a day runs out, if it goes on as it does. Pure: state and now in, time out. */

export interface DayPace {
  readonly max: number
  readonly used: number
  /** Calls of the last hour or two, and how long that is, milliseconds. */
  readonly calls: number
  readonly overMs: number
  /** Epoch milliseconds. */
  readonly nowMs: number
  readonly endsAtMs: number
}

/** Epoch milliseconds at which nothing will be left; null if the day lasts to its end. */
export function runsOutAt({ max, used, calls, overMs, nowMs, endsAtMs }: DayPace): number | null {
  const left = max - used
  if (left <= 0) return nowMs
  if (calls <= 0 || overMs <= 0) return null
  const atMs = nowMs + left * (overMs / calls)
  return atMs < endsAtMs ? atMs : null
}
