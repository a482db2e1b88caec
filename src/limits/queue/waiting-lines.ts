/**
 * The requests that wait. Each class has a lane, in which the credentials take turns; within the turn of
 * a credential its programs take turns, and the requests of a program leave in the order of arrival.
 * Names and programs divide the place of a credential, they add none. A request can leave at any time.
 */

import type { Permit, Priority, RefusalReason } from '../ledger/types.js'
import { PRIORITIES } from '../ledger/types.js'
import { MAX_PROGRAMS, OTHER_PROGRAMS } from './rate-shaper.js'

/** A request, as far as the queue needs to know it. */
export interface AdmissionRequest {
  readonly account: string
  /** For shares, budgets and status; self-chosen where the client may name itself. */
  readonly consumer: string
  /** Hash of the client's key or token: the unit of turns and of queue length. Default: the consumer. */
  readonly credential?: string
  /** False: Intervals has never accepted this credential. All of those share one turn. Default true. */
  readonly isAccepted?: boolean
  /**
   * Tells the programs of one credential apart, by consumer name, peer address and User-Agent. Default:
   * the consumer.
   */
  readonly program?: string
  /** The proxy's own call, to `/quota/` for example: it counts as no program's. Default false. */
  readonly isOwn?: boolean
  readonly priority: Priority
  readonly chargesDay: boolean
  /** For the spending book. */
  readonly resource?: string
  /** Longest time in the queue, milliseconds; 0: now or not at all. */
  readonly maxWaitMs: number
  /** Aborted when the client disconnects: its request leaves the queue and costs nothing. */
  readonly signal?: AbortSignal
}

export interface Refusal {
  readonly kind: 'refused'
  readonly reason: RefusalReason
  readonly retryAfterMs: number
}

export type Admission =
  { readonly kind: 'permitted'; readonly permit: Permit; readonly waitedMs: number } | Refusal

export interface Waiter {
  readonly request: AdmissionRequest
  readonly sinceMs: number
  readonly deadlineMs: number
  /** Ends the wait; the second call does nothing. */
  readonly end: (admission: Admission) => void
}

/** The place of one credential and account in a lane. */
export interface Seat {
  readonly key: string
  readonly credential: string
  /** In the order of their turns. */
  readonly programs: Map<string, Set<Waiter>>
  waiting: number
  /** Monotonic; before it no request of this seat may be sent. */
  deferredUntilMs: number
  /** Deferred for a pause or a day: a change of the ledger may free it sooner. */
  isDeferredByLedger: boolean
  /** The one timer that ends the deferral. */
  wake: { cancel(): void } | undefined
}

export interface Lane {
  readonly priority: Priority
  /** In the order of their turns: a seat that was served goes to the back. */
  readonly seats: Map<string, Seat>
  waiting: number
  /** When a request of this lane was last sent (monotonic), or had the turn that its age gives. */
  servedAtMs: number
  isScheduled: boolean
}

/** Credentials that Intervals never accepted: names that cost nothing must not buy turns. */
const NOT_ACCEPTED = '(not accepted)'

export const credentialOf = ({ isAccepted, credential, consumer }: AdmissionRequest): string =>
  isAccepted === false ? NOT_ACCEPTED : (credential ?? consumer)

export const programOf = ({ program, consumer }: AdmissionRequest): string => program ?? consumer

const seatKey = (request: AdmissionRequest): string =>
  JSON.stringify([request.account, credentialOf(request)])

export const firstOf = (waiters: Set<Waiter>): Waiter | undefined => waiters.values().next().value

export class WaitingLines {
  readonly lanes: readonly Lane[] = PRIORITIES.map((priority) => ({
    priority,
    seats: new Map<string, Seat>(),
    waiting: 0,
    servedAtMs: -Infinity,
    isScheduled: false,
  }))
  readonly #perCredential = new Map<string, number>()
  /** All requests that wait. */
  waiting = 0

  laneOf(priority: Priority): Lane {
    const lane = this.lanes[PRIORITIES.indexOf(priority)]
    if (lane === undefined) throw new TypeError(`no priority ${priority}`)
    return lane
  }

  /** The seat of such a request, if others of its credential wait already. */
  seatOf(request: AdmissionRequest): Seat | undefined {
    return this.laneOf(request.priority).seats.get(seatKey(request))
  }

  /** The program whose line such a request joins in this seat. */
  programIn(seat: Seat, request: AdmissionRequest): string {
    const program = programOf(request)
    const isNamed = seat.programs.size < MAX_PROGRAMS || seat.programs.has(program)
    return isNamed ? program : OTHER_PROGRAMS
  }

  join(waiter: Waiter): { readonly lane: Lane; readonly seat: Seat; readonly program: string } {
    const { request } = waiter
    const lane = this.laneOf(request.priority)
    const key = seatKey(request)
    const credential = credentialOf(request)
    const seat: Seat = lane.seats.get(key) ?? {
      key,
      credential,
      programs: new Map(),
      waiting: 0,
      deferredUntilMs: -Infinity,
      isDeferredByLedger: false,
      wake: undefined,
    }
    lane.seats.set(key, seat)
    const program = this.programIn(seat, request)
    const line = seat.programs.get(program) ?? new Set()
    seat.programs.set(program, line.add(waiter))
    this.#count(lane, seat, 1)
    return { lane, seat, program }
  }

  /** True if the request was still waiting. Empty lines and seats are forgotten. */
  leave(waiter: Waiter, at: { lane: Lane; seat: Seat; program: string }): boolean {
    const { lane, seat, program } = at
    const line = seat.programs.get(program)
    if (line?.delete(waiter) !== true) return false
    if (line.size === 0) seat.programs.delete(program)
    this.#count(lane, seat, -1)
    if (seat.waiting === 0) {
      seat.wake?.cancel()
      lane.seats.delete(seat.key)
    }
    return true
  }

  #count(lane: Lane, seat: Seat, change: 1 | -1): void {
    this.waiting += change
    lane.waiting += change
    seat.waiting += change
    const count = this.ofCredential(seat.credential) + change
    if (count === 0) this.#perCredential.delete(seat.credential)
    else this.#perCredential.set(seat.credential, count)
  }

  /** Requests of this credential that wait, in all classes. */
  ofCredential(credential: string): number {
    return this.#perCredential.get(credential) ?? 0
  }

  /** Does a request wait that may be sent now, in the lanes up to this one? */
  hasReady(upTo: Priority, { inclusive, nowMs }: { inclusive: boolean; nowMs: number }): boolean {
    const last = PRIORITIES.indexOf(upTo) - (inclusive ? 0 : 1)
    return this.lanes.some((lane, index) => index <= last && isReady(lane, nowMs))
  }

  *waiters(): Generator<Waiter> {
    for (const lane of this.lanes) {
      for (const seat of lane.seats.values()) {
        for (const line of seat.programs.values()) yield* line
      }
    }
  }

  byConsumer(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { request } of this.waiters()) {
      counts.set(request.consumer, (counts.get(request.consumer) ?? 0) + 1)
    }
    return counts
  }
}

export function isReady(lane: Lane, nowMs: number): boolean {
  for (const seat of lane.seats.values()) if (seat.deferredUntilMs <= nowMs) return true
  return false
}

/** The next turns belong to the others. */
export function rotate(lane: Lane, seat: Seat, program: string): void {
  if (lane.seats.get(seat.key) === seat) {
    lane.seats.delete(seat.key)
    lane.seats.set(seat.key, seat)
  }
  const line = seat.programs.get(program)
  if (line === undefined) return
  seat.programs.delete(program)
  seat.programs.set(program, line)
}

/** When the longest-waiting request of this lane began to wait. */
export function oldestSince(lane: Lane): number | undefined {
  let oldest: number | undefined
  for (const seat of lane.seats.values()) {
    for (const line of seat.programs.values()) {
      const since = firstOf(line)?.sinceMs
      if (since !== undefined) oldest = Math.min(oldest ?? since, since)
    }
  }
  return oldest
}
