/**
 * Spreading: the free slots of the window are used evenly over the time until slots return.
 *
 * Pure: state and now in, time out.
 */

/** When the next request of a credential is due, one that was last sent at `lastAtMs`. */
export function evenlyAt(spread: {
  readonly lastAtMs: number
  /** Slots that it may use. */
  readonly free: number
  /** When slots return. */
  readonly untilMs: number
  readonly minGapMs: number
}): number {
  const { lastAtMs, free, untilMs, minGapMs } = spread
  return lastAtMs + Math.max((untilMs - lastAtMs) / (free + 1), minGapMs)
}

export interface Backlog {
  readonly nowMs: number
  /** When each slot of the window is free, soonest first; not after now: free already. */
  readonly slotTimes: readonly number[]
  /** When the credential's requests of the last window were sent, oldest first. */
  readonly sentMs: readonly number[]
  /** Requests of a window that it may send at once. */
  readonly share: number
  /** Slots that it leaves free for others beyond that. */
  readonly kept: number
  readonly minGapMs: number
  readonly windowMs: number
  /** From the moment a request is sent until its slot returns. */
  readonly holdMs: number
}

/** Steps of a forecast, as a multiple of the window; beyond them the pattern repeats. */
const MAX_WINDOWS = 4

/** When the request with `position` others of its credential before it is sent, if no other comes. */
export function forecastSpread(backlog: Backlog, position: number): number {
  const { slotTimes, share, kept, minGapMs, windowMs, holdMs } = backlog
  const slots = [...slotTimes]
  const sent = [...backlog.sentMs]
  const steps = Math.min(position, MAX_WINDOWS * slots.length)
  let atMs = backlog.nowMs
  let firstSlot = 0
  let firstSent = 0
  for (let step = 0; step <= steps; step++) {
    const slotMs = Math.max(atMs, slots[firstSlot] ?? atMs)
    while ((sent[firstSent] ?? Infinity) <= slotMs - windowMs) firstSent++
    let dueMs = slotMs
    if (sent.length - firstSent >= share) {
      const next = firstAfter(slots, firstSlot, slotMs)
      const free = next - firstSlot - kept
      const untilMs = slots[next] ?? slotMs + windowMs
      const lastAtMs = sent.at(-1) ?? slotMs
      dueMs = free > 0 ? evenlyAt({ lastAtMs, free, untilMs, minGapMs }) : slotMs
    }
    atMs = Math.max(slotMs, dueMs)
    firstSlot++
    slots.push(atMs + holdMs)
    sent.push(atMs)
  }
  const windows = Math.ceil((position - steps) / Math.max(1, slotTimes.length))
  return atMs + windows * holdMs
}

/** Index of the first time after this one. */
function firstAfter(times: readonly number[], from: number, atMs: number): number {
  let low = from
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? Infinity) <= atMs) low = middle + 1
    else high = middle
  }
  return low
}
