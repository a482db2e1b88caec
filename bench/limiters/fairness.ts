/** One consumer has 1,000 calls in line; how long does each single call of another one wait? */

import { setTimeout as wait } from 'node:timers/promises'
import { MAX } from './devices.js'
import { waitsOf } from './judged.js'
import type { Call, Pair } from './pair.js'

export interface FairnessRound {
  /** Until each single call arrived, in slots: hundredths of a window. */
  readonly slots: readonly number[]
  /** The longest wait is of a call that had not arrived at the end: it is at least that long. */
  readonly isCut: boolean
}

export async function fairnessRound(
  pair: Pair,
  options: { readonly windowMs: number; readonly seconds: number; priority: Call['priority'] },
): Promise<FairnessRound> {
  const { windowMs, seconds, priority = 'interactive' } = options
  await pair.clear()
  for (let at = 0; at < 1_000; at++) {
    void pair.call({ consumer: 'hog', priority }).status.catch(() => {})
  }
  // Until all of them stand in line.
  await wait(windowMs / 2)
  const calls: { readonly target: string; readonly wallMs: number }[] = []
  const endMs = performance.now() + seconds * 1_000
  for (let leftMs = 1; leftMs > 0; leftMs = endMs - performance.now()) {
    await wait(400 + ((calls.length * 137) % 400))
    const wallMs = Date.now()
    const { target, status } = pair.call({ consumer: 'human' })
    calls.push({ target, wallMs })
    const rest = wait(Math.max(0, endMs - performance.now()), undefined, { ref: false })
    await Promise.race([status.catch(() => {}), rest])
  }
  const nowMs = Date.now()
  const waits = waitsOf(calls, await pair.arrivals())
  const soFar = waits.map((waited, at) => waited ?? nowMs - (calls[at]?.wallMs ?? 0))
  const most = Math.max(...soFar)
  // What has not arrived says nothing unless it has waited longest of all already.
  const told = soFar.filter((waited, at) => waits[at] !== undefined || waited === most)
  const isCut = waits[soFar.indexOf(most)] === undefined
  return { slots: told.map((waited) => waited / (windowMs / MAX)), isCut }
}
