import { readFileSync } from 'node:fs'
import type { Clock } from '../limits/index.js'

/**
 * The machine's clocks. The monotonic one counts from the boot on Linux, so it goes on across
 * restarts of the process; elsewhere nothing says which boot it counts from, and `bootId` is null.
 */
export function systemClock(): Clock {
  // The same clock as hrtime, and without a bigint for each look at it.
  const startedMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  return {
    bootId: readBootId(),
    monotonicMs: () => startedMs + performance.now(),
    wallMs: Date.now,
  }
}

function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null
  }
}
