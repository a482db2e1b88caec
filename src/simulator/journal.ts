/**
 * What arrived, when, and what became of it. It is the judge of the minute limit, so it counts by
 * itself and shares nothing with the windows that enforce it.
 */
import type { IncomingHttpHeaders } from 'node:http'

export interface Arrival {
  /** 1 for the first request; never reused, also not after a clear. */
  readonly sequence: number
  /** Monotonic, ms with fraction, taken when the header section was complete. */
  readonly atMs: number
  /** Epoch ms. */
  readonly wallMs: number
  readonly method: string
  /** The request target as it was sent. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly account?: string
  readonly token?: string
  readonly bodyBytes?: number
  /** Absent while nothing was answered; 0 when the connection was cut instead. */
  readonly status?: number
  /** The API's own code, when an error was answered. */
  readonly apiCode?: number
  readonly chargedToMinute: boolean
  readonly chargedToDay: boolean
}

/** An arrival while the simulator still works on it. */
export type OpenArrival = { -readonly [Member in keyof Arrival]: Arrival[Member] }

export interface Journal {
  readonly arrivals: readonly Arrival[]
  /** Requests since the start, also those no longer kept. */
  readonly total: number
  record(arrival: Omit<OpenArrival, 'sequence'>): OpenArrival
  clear(): void
  /** Largest number of counted arrivals in any window [t, t + windowMs). Refused ones are in it. */
  maxInAnyWindow(windowMs: number): number
}

/** `max` bounds what is kept: the newest. */
export function createJournal(max: number): Journal {
  const arrivals: OpenArrival[] = []
  let total = 0
  return {
    arrivals,
    get total() {
      return total
    },
    record(arrival) {
      total += 1
      const recorded: OpenArrival = { sequence: total, ...arrival }
      arrivals.push(recorded)
      if (arrivals.length > max) arrivals.shift()
      return recorded
    },
    clear() {
      arrivals.length = 0
    },
    maxInAnyWindow: (windowMs) => maxInAnyWindow(arrivals, windowMs),
  }
}

/** Two pointers over arrivals in the order of their times; 60_000 apart is outside of 60_000. */
function maxInAnyWindow(arrivals: readonly Arrival[], windowMs: number): number {
  const timesMs = arrivals.filter((arrival) => arrival.chargedToMinute).map(({ atMs }) => atMs)
  let first = 0
  let largest = 0
  for (const [last, atMs] of timesMs.entries()) {
    while (atMs - (timesMs[first] ?? atMs) >= windowMs) first += 1
    largest = Math.max(largest, last - first + 1)
  }
  return largest
}
