/** Everybody asks all the time, after a single call some time before; then the proxy is killed. */

import { setTimeout as wait } from 'node:timers/promises'
import { startCallers } from './callers.js'
import { MAX } from './devices.js'
import { judged, used } from './judged.js'
import type { Judged } from './judged.js'
import type { Pair } from './pair.js'

export interface SaturatedRound extends Judged {
  /** Of the ideal: answered calls of those that the limit allows. */
  readonly used: number
  /** From a window before the process was killed to a window after it had started again. */
  readonly restart: Judged
}

/** How long a proxy that was killed, or is new, may hold back what may still be under way, ms. */
export const REST_MS = 2_500

/**
 * One round with a proxy that has just been started. The single call comes `phase` of a window before the
 * others: a limiter that counts windows from some moment on is met at any moment of its window.
 */
export async function saturatedRound(
  pair: Pair,
  options: { readonly windowMs: number; readonly windows: number; readonly phase: number },
): Promise<SaturatedRound> {
  const { windowMs, windows, phase } = options
  await pair.start()
  await pair.call({ consumer: 'first' }).status
  await wait(windowMs + REST_MS)
  await pair.clear()
  void pair.call({ consumer: 'first' }).status.catch(() => {})
  await wait(phase * windowMs)
  const callers = startCallers(pair)
  // Half a window more: killed in the middle of one.
  await wait((windows + 0.5) * windowMs)
  const before = await pair.arrivals()
  await pair.kill()
  await pair.start()
  await wait(windowMs)
  const all = await pair.arrivals()
  callers.stop()
  await pair.kill()
  const sinceMs = (before.at(-1)?.atMs ?? 0) - windowMs
  return {
    ...judged(before, windowMs),
    used: used(before, { windows, windowMs, max: MAX }),
    restart: judged(
      all.filter(({ atMs }) => atMs > sinceMs),
      windowMs,
    ),
  }
}
