/**
 * The order of the requests that wait.
 *
 *     lane of a class ─► seat of a credential ─► line of a program
 *            │
 *            ▼
 *     turn lock (Bottleneck, one turn at a time, by priority) ─► ledger.take
 *            background lanes wait in a pacer before it; a request within its consumer's share of the
 *            window goes before all classes; a lane that has waited too long gets one turn before them
 *
 * Bottleneck orders the turns, it is never the authority on the limits: a turn asks the ledger. It holds
 * at most two jobs per class, because it can neither cancel a job nor bound its queue in time (and needs
 * 2.5 ms for each): the requests wait in our own lines.
 */

import Bottleneck from 'bottleneck'
import { WINDOW_SCOPE } from '../ledger/pause-rules.js'
import type { Hold, Priority } from '../ledger/types.js'
import { Timers } from './timers.js'
import { TurnOrder } from './turn-order.js'
import type { Turn, TurnOrderOptions } from './turn-order.js'
import { credentialOf, isReady, programOf, rotate } from './waiting-lines.js'
import type { Admission, AdmissionRequest, Lane, Seat } from './waiting-lines.js'
import { refusalFor, refused } from './wait-forecast.js'

/** Smaller is sooner; Bottleneck knows 0 to 9. */
const CLASS_PRIORITY: Readonly<Record<Priority, number>> = {
  write: 2,
  interactive: 5,
  background: 8,
}
const RESERVED_PRIORITY = 1
const AGED_PRIORITY = 0

export interface TurnsOptions extends TurnOrderOptions {
  /** Between two background requests, milliseconds. */
  readonly backgroundGapMs: number
}

export interface Attempt {
  readonly sinceMs: number
  readonly deadlineMs: number
  /** Requests of the credential that wait, this one included. */
  readonly waiting: number
  /** False once the client has disconnected or the proxy is closing: the permit is given back. */
  readonly isWanted: () => boolean
}

export class Turns {
  readonly order: TurnOrder
  readonly #options: TurnsOptions
  readonly #turnLock = new Bottleneck({ maxConcurrent: 1 })
  readonly #pacer: Bottleneck
  readonly #timers = new Timers()
  /** Lanes whose age is watched: by a timer, or with a turn in the lock. */
  readonly #aging = new Map<Lane, { cancel(): void } | 'in the lock'>()
  #agedTurns = 0
  #isReservedScheduled = false
  #isClosed = false

  constructor(options: TurnsOptions) {
    this.#options = options
    this.order = new TurnOrder(options)
    this.#pacer = new Bottleneck({ maxConcurrent: 1, minTime: options.backgroundGapMs })
  }

  #now(): number {
    return this.#options.clock.monotonicMs()
  }

  /** Asks the ledger for one request: its admission, or what it has to wait for. */
  async attempt(request: AdmissionRequest, attempt: Attempt): Promise<Admission | Hold> {
    const { ledger } = this.#options
    // Before the await, or all requests that arrive during it are within the burst as well.
    const isCounted = request.priority !== 'background' && request.isOwn !== true
    const undo = isCounted ? this.#count(request, attempt) : undefined
    try {
      const decision = await ledger.take(request)
      const nowMs = this.#now()
      if (decision.kind !== 'permitted') {
        undo?.()
        return refusalFor(decision, { nowMs, deadlineMs: attempt.deadlineMs }) ?? decision
      }
      const { permit } = decision
      if (attempt.isWanted())
        return { kind: 'permitted', permit, waitedMs: nowMs - attempt.sinceMs }
      undo?.()
      ledger.settle(permit, 'unsent')
      return refused(this.#isClosed ? 'closing' : 'abandoned', 0)
    } catch {
      undo?.()
      return refused('ledger-unavailable', 5_000)
    }
  }

  #count(request: AdmissionRequest, { waiting }: Attempt): () => void {
    const { shaper, reserved } = this.#options
    const nowMs = this.#now()
    const credential = credentialOf(request)
    const uncount = shaper.granted({ credential, program: programOf(request), waiting, nowMs })
    if (!reserved.exist()) return uncount
    const unreserve = reserved.granted(request.consumer, nowMs)
    return () => {
      uncount()
      unreserve()
    }
  }

  /** A request has joined this lane. */
  joined(lane: Lane): void {
    this.#scheduleReserved()
    this.#schedule(lane)
    // A less urgent request may hold the lock until the next slot: let it look again.
    this.#timers.wake()
  }

  /** A slot, a day or a pause may have changed. */
  ledgerChanged(): void {
    for (const lane of this.#options.lines.lanes) {
      for (const seat of lane.seats.values()) {
        if (seat.isDeferredByLedger) seat.deferredUntilMs = -Infinity
      }
      this.#schedule(lane)
    }
    this.#scheduleReserved()
    this.#timers.wake()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timers.clear()
    await Promise.all([
      this.#pacer.stop({ dropWaitingJobs: true }),
      this.#turnLock.stop({ dropWaitingJobs: true }),
    ])
  }

  /** A lane has at most one turn waiting for the lock, and a second one once the lane has aged. */
  #schedule(lane: Lane): void {
    if (lane.isScheduled || this.#isClosed || !isReady(lane, this.#now())) return
    lane.isScheduled = true
    this.#watchAge(lane)
    const turn = (): Promise<void> => this.#takeTurn(lane, 'class')
    const turns = lane.priority === 'background' ? this.#pacer.schedule(turn) : turn()
    turns
      // Dropped on close; the requests were refused there.
      .catch(() => {})
      .finally(() => {
        lane.isScheduled = false
        if (lane.waiting === 0) this.#forgetAge(lane)
        this.#schedule(lane)
      })
  }

  #takeTurn(lane: Lane, turn: 'class' | 'aged'): Promise<void> {
    const priority = turn === 'aged' ? AGED_PRIORITY : CLASS_PRIORITY[lane.priority]
    return this.#turnLock.schedule({ priority }, () => this.#round(lane, turn))
  }

  /** One request of each seat, as long as no more urgent request waits. Background: one request. */
  async #round(lane: Lane, turn: Turn): Promise<void> {
    for (const seat of Array.from(lane.seats.values())) {
      if (seat.deferredUntilMs > this.#now()) continue
      if (!(await this.#serve(lane, seat, turn))) continue
      lane.servedAtMs = this.#now()
      if (lane.priority === 'background' || turn === 'aged' || this.#agedTurns > 0) return
    }
  }

  /** One turn for all requests within a share; it goes on until there is none. */
  #scheduleReserved(): void {
    if (this.#isReservedScheduled || this.#isClosed || this.order.nextReserved() === undefined)
      return
    this.#isReservedScheduled = true
    this.#turnLock
      .schedule({ priority: RESERVED_PRIORITY }, async () => {
        // No service of the lane: its age is that of the requests without a share.
        for (
          let next = this.order.nextReserved();
          next !== undefined;
          next = this.order.nextReserved()
        ) {
          await this.#serve(next.lane, next.seat, 'reserved')
          if (this.#agedTurns > 0 || this.#isClosed) return
        }
      })
      .catch(() => {})
      .finally(() => {
        this.#isReservedScheduled = false
        this.#scheduleReserved()
      })
  }

  /** Sends the next request of the seat, waiting for a slot if need be. False: none was sent. */
  async #serve(lane: Lane, seat: Seat, turn: Turn): Promise<boolean> {
    for (;;) {
      const next = this.order.nextIn(seat, turn)
      if (next === undefined || this.#mustYield(lane, turn)) return false
      const { program, line, waiter } = next
      const dueMs = this.order.dueAt(lane, seat, { program, turn })
      if (dueMs > this.#now()) {
        this.#defer(lane, seat, { untilMs: dueMs, byLedger: false })
        return false
      }
      const result = await this.attempt(waiter.request, {
        ...waiter,
        waiting: seat.waiting,
        isWanted: () => line.has(waiter),
      })
      if (result.kind === 'permitted' || result.kind === 'refused') {
        waiter.end(result)
        if (result.kind === 'refused') continue
        rotate(lane, seat, program)
        return true
      }
      const { untilMs = this.#now() + 1_000 } = result
      if (!isForAll(result)) {
        this.#defer(lane, seat, { untilMs, byLedger: true })
        return false
      }
      await this.#timers.sleep(untilMs - this.#now())
      if (turn !== 'reserved' && this.order.hasLessServed(lane, seat)) {
        rotate(lane, seat, program)
        return false
      }
    }
  }

  #mustYield(lane: Lane, turn: Turn): boolean {
    if (this.#isClosed) return true
    if (turn !== 'class') return false
    // A share comes back with time as well: the request that is about to be sent looks for it.
    if (this.order.nextReserved() !== undefined) {
      this.#scheduleReserved()
      return true
    }
    const nowMs = this.#now()
    return this.#options.lines.hasReady(lane.priority, { inclusive: false, nowMs })
  }

  #defer(lane: Lane, seat: Seat, until: { untilMs: number; byLedger: boolean }): void {
    seat.deferredUntilMs = until.untilMs
    seat.isDeferredByLedger = until.byLedger
    this.#wakeLater(lane, seat)
  }

  /** Timers may be early by a millisecond, and then nothing else would come back for the seat. */
  #wakeLater(lane: Lane, seat: Seat): void {
    seat.wake?.cancel()
    const nowMs = this.#now()
    const untilMs = Math.min(seat.deferredUntilMs, this.order.withinShareAt(seat))
    seat.wake = this.#timers.after(untilMs - nowMs, () => {
      this.#scheduleReserved()
      if (seat.deferredUntilMs > this.#now()) this.#wakeLater(lane, seat)
      else this.#schedule(lane)
    })
  }

  #watchAge(lane: Lane): void {
    if (this.#aging.has(lane) || lane.waiting === 0) return
    const timer = this.#timers.after(this.order.agedAt(lane) - this.#now(), () => {
      this.#aging.delete(lane)
      if (this.order.agedAt(lane) > this.#now()) this.#watchAge(lane)
      else this.#takeAgedTurn(lane)
    })
    this.#aging.set(lane, timer)
  }

  #takeAgedTurn(lane: Lane): void {
    this.#aging.set(lane, 'in the lock')
    this.#agedTurns++
    this.#takeTurn(lane, 'aged')
      .catch(() => {})
      .finally(() => {
        this.#agedTurns--
        this.#aging.delete(lane)
        // A lane that could not send even so gets its next chance as much later.
        lane.servedAtMs = this.#now()
        this.#watchAge(lane)
      })
  }

  #forgetAge(lane: Lane): void {
    const timer = this.#aging.get(lane)
    if (timer === undefined || timer === 'in the lock') return
    timer.cancel()
    this.#aging.delete(lane)
  }
}

/** Full window, or everything paused: no other request could be sent either, so the lock is held. */
const isForAll = (hold: Hold): boolean =>
  hold.kind === 'wait' || (hold.kind === 'paused' && hold.scope === WINDOW_SCOPE)
