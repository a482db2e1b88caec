/**
 * Who waits: one line per account, consumer and class, and one lane per class that goes round its
 * lines. Leaving a line costs nothing, wherever one stands in it.
 */

import type { Permit, Priority, RefusalReason } from '../ledger/types.js'

/** What a consumer asks of the queue. */
export interface AdmissionRequest {
  readonly account: string
  /** Who asks: the unit of fairness. */
  readonly consumer: string
  readonly priority: Priority
  readonly chargesDay: boolean
  /** What is asked for, for the spending book. */
  readonly resource?: string
  /** Longest time in the queue, milliseconds; 0: leave at once or not at all. */
  readonly maxWaitMs: number
  /** Aborted when the consumer goes away: it leaves the queue and spends nothing. */
  readonly signal?: AbortSignal
}

export type Admission =
  | { readonly kind: 'permitted'; readonly permit: Permit; readonly waitedMs: number }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly retryAfterMs: number }

export const isGone = ({ signal }: AdmissionRequest): boolean => signal?.aborted === true

export interface Waiter {
  readonly request: AdmissionRequest
  readonly sinceMs: number
  readonly deadlineMs: number
  /** Ends the wait; the second call does nothing. */
  readonly end: (admission: Admission) => void
}

export interface Line {
  readonly key: string
  readonly consumer: string
  readonly account: string
  readonly waiters: Set<Waiter>
  /** Monotonic; before it nobody of this line may leave. */
  parkedUntilMs: number
  /** Parked for its account's sake: a change of the ledger may free it sooner. */
  isParkedByLedger: boolean
  /** The one timer that ends the parking; undefined when none runs. */
  wake: { cancel(): void } | undefined
}

export interface Lane {
  readonly priority: Priority
  /** In the order of their turns: who was served goes to the back. */
  readonly lines: Map<string, Line>
  waiting: number
  /** When one of them last left (monotonic), or had the chance that age gives. */
  servedAtMs: number
  isScheduled: boolean
}

export const createLane = (priority: Priority): Lane => ({
  priority,
  lines: new Map(),
  waiting: 0,
  servedAtMs: -Infinity,
  isScheduled: false,
})

export const lineKey = ({ account, consumer }: AdmissionRequest): string =>
  JSON.stringify([account, consumer])

export function lineOf(lane: Lane, request: AdmissionRequest): Line {
  const { account, consumer } = request
  const key = lineKey(request)
  let line = lane.lines.get(key)
  if (line === undefined) {
    line = {
      key,
      consumer,
      account,
      waiters: new Set(),
      parkedUntilMs: -Infinity,
      isParkedByLedger: false,
      wake: undefined,
    }
    lane.lines.set(key, line)
  }
  return line
}

export function join(lane: Lane, line: Line, waiter: Waiter): void {
  line.waiters.add(waiter)
  lane.waiting++
}

/** True if the waiter was still in line. An empty line is forgotten. */
export function leave(lane: Lane, line: Line, waiter: Waiter): boolean {
  if (!line.waiters.delete(waiter)) return false
  lane.waiting--
  if (line.waiters.size === 0) {
    line.wake?.cancel()
    if (lane.lines.get(line.key) === line) lane.lines.delete(line.key)
  }
  return true
}

export function toTheBack(lane: Lane, line: Line): void {
  if (!lane.lines.delete(line.key)) return
  lane.lines.set(line.key, line)
}

export const firstOf = (line: Line): Waiter | undefined => line.waiters.values().next().value

/** When the longest-waiting of this lane began to wait. */
export function oldestSince(lane: Lane): number | undefined {
  let oldest: number | undefined
  for (const line of lane.lines.values()) {
    const since = firstOf(line)?.sinceMs
    if (since !== undefined && (oldest === undefined || since < oldest)) oldest = since
  }
  return oldest
}

/** How many of this lane go before the one at `position` of `line`, turn by turn. */
export function aheadInLane(lane: Lane, line: Line, position: number): number {
  let ahead = position
  for (const other of lane.lines.values()) {
    if (other !== line) ahead += Math.min(other.waiters.size, position + 1)
  }
  return ahead
}
