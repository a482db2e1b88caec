/** What the judge's own list of arrivals says. Pure. */

import { maxInAnyWindow } from '../figures.js'
import type { Arrival } from './pair.js'

export interface Judged {
  /** The largest number of arrivals in any rolling window, refused ones included. */
  readonly most: number
  readonly sent: number
  readonly refused: number
}

export function judged(arrivals: readonly Arrival[], windowMs: number): Judged {
  return {
    most: maxInAnyWindow(
      arrivals.map(({ atMs }) => atMs),
      windowMs,
    ),
    sent: arrivals.length,
    refused: arrivals.filter(({ apiCode }) => apiCode === 12).length,
  }
}

/**
 * Answered calls of as many as the limit allows, in so many windows from half a window after the second
 * call on: the first comes some time before, and what may leave from idle is not what may leave for ever.
 * What was refused is spent, not used; what a proxy asks for itself is neither.
 */
export function used(
  arrivals: readonly Arrival[],
  { windows, windowMs, max }: { windows: number; windowMs: number; max: number },
): number {
  const calls = arrivals.filter(({ target }) => !target.startsWith('/quota/'))
  const startMs = (calls[1]?.atMs ?? 0) + windowMs / 2
  const endMs = startMs + windows * windowMs
  const good = calls.filter(({ atMs, status }) => atMs >= startMs && atMs < endMs && status === 200)
  return good.length / (windows * max)
}

/** From the call to its arrival, ms; undefined for what has not arrived. */
export function waitsOf(
  calls: readonly { readonly target: string; readonly wallMs: number }[],
  arrivals: readonly Arrival[],
): readonly (number | undefined)[] {
  const arrived = new Map(arrivals.map(({ target, wallMs }) => [target, wallMs]))
  return calls.map(({ target, wallMs }) => {
    const at = arrived.get(target)
    return at === undefined ? undefined : Math.max(0, at - wallMs)
  })
}
