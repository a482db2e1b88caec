/** A window's worth of calls at once, from idle: how long until the judge has seen them? */

import { setTimeout as wait } from 'node:timers/promises'
import { MAX } from './devices.js'
import { waitsOf } from './judged.js'
import type { Pair } from './pair.js'

/** From each call to its arrival, ms, of one burst. */
export async function burstRound(pair: Pair, windowMs: number): Promise<readonly number[]> {
  await pair.clear()
  const calls = Array.from({ length: MAX }, () => ({
    wallMs: Date.now(),
    ...pair.call({ consumer: 'burst' }),
  }))
  await Promise.race([
    Promise.allSettled(calls.map(({ status }) => status)),
    wait(3 * windowMs, undefined, { ref: false }),
  ])
  const waits = waitsOf(calls, await pair.arrivals())
  return waits.map((waited) => waited ?? Number.POSITIVE_INFINITY)
}
