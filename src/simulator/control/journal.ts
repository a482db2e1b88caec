/**
 * The journal of all arrivals and their results. Tests judge the minute limit by it, so it counts by
 * itself and shares no code with the windows that enforce the limit.
 */
import type { IncomingHttpHeaders } from 'node:http'

export interface Arrival {
  /** Counted from 1; not reused after a clear. */
  readonly sequence: number
  /** Monotonic, ms with fraction, taken when the header section was complete. */
  readonly atMs: number
  /** Epoch ms. */
  readonly wallMs: number
  readonly method: string
  /** The request target as received. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly account?: string
  readonly token?: string
  readonly bodyBytes?: number
  /** Absent until the answer is sent; 0 when the connection was cut. */
  readonly status?: number
  /** Intervals' error code, if the answer is an error. */
  readonly apiCode?: number
  readonly chargedToMinute: boolean
  readonly chargedToDay: boolean
}

/** An arrival that is not answered yet. */
export type OpenArrival = { -readonly [Member in keyof Arrival]: Arrival[Member] }

export interface Journal {
  readonly arrivals: readonly Arrival[]
  /** All requests since the start, kept or not. */
  readonly total: number
  record(arrival: Omit<OpenArrival, 'sequence'>): OpenArrival
  clear(): void
  /** Largest number of counted arrivals, refused ones included, in any window [t, t + windowMs). */
  maxInAnyWindow(windowMs: number): number
}

/** Keeps the newest `max` arrivals. */
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

/** Two pointers over the arrivals in time order; two arrivals 60,000 ms apart are not in one window. */
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
