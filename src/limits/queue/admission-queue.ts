/**
 * The queue in front of the ledger: who goes next, and who had better not wait.
 *
 *     admit ─► room and nobody before you? ─► ledger.take ─► permitted
 *        │no
 *        ├─ full, or foreseeably too late ─► refused at once, with the time when it is worth trying
 *        ▼
 *     line of this consumer ─► lane of its class ─► gate (Bottleneck, one at a time, by priority)
 *                                background lanes stand in a pacer before the gate;
 *                                who is within its share of the window goes before all classes
 *
 * Bottleneck is the order of turns, never the authority on the limits: a turn asks the ledger. It
 * holds at most two jobs per class, because it can neither cancel a job nor bound its queue in time
 * (and needs 2.5 ms for each): the waiting is done in our own lines.
 */

import Bottleneck from 'bottleneck'
import { createClerk, isForEverybody } from '../ledger/clerk.js'
import type { Clerk } from '../ledger/clerk.js'
import type { Ledger } from '../ledger/ledger.js'
import { createAging } from './aging.js'
import type { Aging } from './aging.js'
import { firstOf, isGone, toTheBack } from './line.js'
import type { Admission, AdmissionRequest, Lane, Line } from './line.js'
import { Paces } from './paces.js'
import type { PaceRules } from './pace.js'
import { createSleeper } from './sleeper.js'
import { createTimers } from './timers.js'
import { EXPRESS_PRIORITY, gatePriority } from './turn.js'
import type { Turn } from './turn.js'
import type { Clock } from '../ledger/types.js'
import { refused, WaitingRoom } from './waiting-room.js'
import type { QueueUsage } from './waiting-room.js'

export interface QueueOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly pace: PaceRules
  /** Waiters of all consumers together, at most. */
  readonly maxLength: number
  /** Waiters of one consumer, at most. */
  readonly maxLengthPerConsumer: number
  /** A lane whose turn has waited this long gets one before the more urgent lanes. */
  readonly agingMs: number
  /**
   * Part of the window, 0 to 1, that a consumer gets before all others, background requests apart.
   * Asked anew each time, since a reload may change it. Default: nobody has one.
   */
  readonly minuteShares?: () => ReadonlyMap<string, number>
}

export class AdmissionQueue {
  readonly #options: QueueOptions
  readonly #room: WaitingRoom
  readonly #gate = new Bottleneck({ maxConcurrent: 1 })
  readonly #pacer: Bottleneck
  readonly #paces: Paces
  readonly #clerk: Clerk
  readonly #timers = createTimers()
  readonly #aging: Aging
  readonly #sleeper = createSleeper()
  readonly #stopListening: () => void
  #isClosed = false
  #isExpressScheduled = false

  constructor(options: QueueOptions) {
    this.#options = options
    const { ledger } = options
    const elsewhere = ledger.grantsElsewhere?.bind(ledger)
    this.#paces = new Paces(options.pace, elsewhere)
    this.#room = new WaitingRoom({ ...options, paces: this.#paces })
    const isClosed = (): boolean => this.#isClosed
    this.#clerk = createClerk({ ...options, paces: this.#paces, isClosed })
    const { windowMs, max } = options.pace
    this.#pacer = new Bottleneck({ maxConcurrent: 1, minTime: windowMs / max })
    this.#aging = createAging({
      agingMs: options.agingMs,
      timers: this.#timers,
      nowMs: () => this.#now(),
      takeTurn: (lane) => this.#takeTurn(lane, 'aged'),
    })
    this.#stopListening = options.ledger.onChange(() => this.#ledgerChanged())
  }

  /** Resolves with a permit or the reason why there is none; never later than `maxWaitMs`. */
  async admit(request: AdmissionRequest): Promise<Admission> {
    const sinceMs = this.#now()
    if (this.#isClosed) return refused('closing', 1_000)
    if (isGone(request)) return refused('abandoned', 0)
    if (this.#hasFreeWay(request)) {
      const deadlineMs = sinceMs + request.maxWaitMs
      const { decision } = await this.#clerk.take(request)
      const admission = this.#clerk.conclude(decision, { request, sinceMs, deadlineMs })
      if (admission !== undefined) return admission
    }
    if (this.#isClosed) return refused('closing', 1_000)
    return this.#room.enter(request, sinceMs, (lane) => {
      this.#scheduleExpress()
      this.#schedule(lane)
      // Somebody less urgent may be holding the gate for the next slot: let it look again.
      this.#sleeper.wake()
    })
  }

  usage(): QueueUsage {
    return this.#room.usage()
  }

  /** How long one more request of this kind would wait, milliseconds. */
  forecastMs(request: AdmissionRequest): number {
    if (this.#hasFreeWay(request)) {
      return Math.max(0, this.#options.ledger.forecast(1) - this.#now())
    }
    return this.#room.forecastMs(request, 0)
  }

  /** Nobody is admitted any more; who waits is told so. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopListening()
    this.#timers.clear()
    this.#room.clear('closing', 1_000)
    this.#sleeper.wake()
    await Promise.all([
      this.#pacer.stop({ dropWaitingJobs: true }),
      this.#gate.stop({ dropWaitingJobs: true }),
    ])
  }

  #now(): number {
    return this.#options.clock.monotonicMs()
  }

  /** Nobody as urgent waits, and the consumer is within its burst: there is no queue for it. */
  #hasFreeWay(request: AdmissionRequest): boolean {
    const { consumer, priority } = request
    if (priority === 'background' || this.#room.hasLine(request)) return false
    if (this.#room.nextExpress() !== undefined) return false
    if (this.#room.shares.left(consumer, this.#now()) > 0) return true
    if (this.#room.hasReady(priority, { inclusive: true })) return false
    const nowMs = this.#now()
    // Or a backlog of an hour ago would still make its next burst stand in line.
    this.#paces.lineBegins(consumer, nowMs)
    return this.#paces.mayLeaveAt(consumer, { nowMs, waiting: 1 }) <= nowMs
  }

  /** At most one turn of a lane stands in the gate, and one more once it has aged. */
  #schedule(lane: Lane): void {
    if (lane.isScheduled || this.#isClosed || !this.#room.isReady(lane)) return
    lane.isScheduled = true
    this.#aging.watch(lane)
    const turn = (): Promise<void> => this.#takeTurn(lane, 'class')
    const turns = lane.priority === 'background' ? this.#pacer.schedule(turn) : turn()
    turns
      // Dropped on close; the waiters were told there.
      .catch(() => {})
      .finally(() => {
        lane.isScheduled = false
        if (lane.waiting === 0) this.#aging.forget(lane)
        this.#schedule(lane)
      })
  }

  /** One turn for all of them; it goes on until nobody is within its share. */
  #scheduleExpress(): void {
    if (this.#isExpressScheduled || this.#isClosed) return
    if (this.#room.nextExpress() === undefined) return
    this.#isExpressScheduled = true
    this.#gate
      .schedule({ priority: EXPRESS_PRIORITY }, () => this.#expressRound())
      .catch(() => {})
      .finally(() => {
        this.#isExpressScheduled = false
        this.#scheduleExpress()
      })
  }

  async #expressRound(): Promise<void> {
    for (;;) {
      const next = this.#room.nextExpress()
      if (next === undefined || this.#isClosed) return
      const { lane, line } = next
      // No service of the lane: its age is that of those who have no share.
      if (await this.#serve(lane, line, 'express')) toTheBack(lane, line)
      if (this.#aging.isTurnDue()) return
    }
  }

  #takeTurn(lane: Lane, turn: 'class' | 'aged'): Promise<void> {
    const priority = gatePriority(turn, lane.priority)
    return this.#gate.schedule({ priority }, () => this.#round(lane, turn))
  }

  /** One request of each line, as long as nobody more urgent waits. Background: one request. */
  async #round(lane: Lane, turn: Turn): Promise<void> {
    for (const line of Array.from(lane.lines.values())) {
      if (line.parkedUntilMs > this.#now()) continue
      if (!(await this.#serve(lane, line, turn))) continue
      toTheBack(lane, line)
      lane.servedAtMs = this.#now()
      if (lane.priority === 'background' || turn === 'aged' || this.#aging.isTurnDue()) return
    }
  }

  /** Lets the first of the line leave, waiting for a slot if need be. False: nobody left. */
  async #serve(lane: Lane, line: Line, turn: Turn): Promise<boolean> {
    for (;;) {
      const waiter = firstOf(line)
      if (waiter === undefined || this.#mustYield(lane, line, turn)) return false
      const pacedUntilMs = this.#pacedUntil(lane, line, turn)
      if (pacedUntilMs > this.#now()) {
        this.#park(lane, line, { untilMs: pacedUntilMs, byLedger: false })
        return false
      }
      const { decision, unpace } = await this.#clerk.take(waiter.request)
      if (!line.waiters.has(waiter)) {
        // Gone while the journal was being written: the permit goes back unspent.
        if (decision?.kind === 'permitted') {
          unpace()
          this.#options.ledger.settle(decision.permit, 'unsent')
        }
        continue
      }
      const admission = this.#clerk.conclude(decision, waiter)
      if (admission !== undefined) {
        waiter.end(admission)
        if (admission.kind === 'permitted') return true
        continue
      }
      const untilMs = decision !== undefined && 'untilMs' in decision ? decision.untilMs : undefined
      if (!isForEverybody(decision)) {
        this.#park(lane, line, { untilMs: untilMs ?? this.#now() + 1_000, byLedger: true })
        return false
      }
      await this.#sleeper.sleep(untilMs === undefined ? 1_000 : untilMs - this.#now())
      if (turn !== 'express' && this.#room.hasPoorer(lane, line)) {
        toTheBack(lane, line)
        return false
      }
    }
  }

  #mustYield(lane: Lane, line: Line, turn: Turn): boolean {
    if (this.#isClosed) return true
    if (turn === 'aged') return false
    if (turn === 'express') return !this.#room.isExpress(lane, line)
    // A share comes back with time, too: whoever is about to leave looks for it.
    if (this.#room.nextExpress() !== undefined) {
      this.#scheduleExpress()
      return true
    }
    return this.#room.hasReady(lane.priority, { inclusive: false })
  }

  /** From when the first of this line may leave, as far as its consumer's pace goes. */
  #pacedUntil(lane: Lane, line: Line, turn: Turn): number {
    if (turn === 'express') return -Infinity
    const nowMs = this.#now()
    const { consumer } = line
    const isBackground = lane.priority === 'background'
    const paceMs = isBackground
      ? -Infinity
      : this.#paces.mayLeaveAt(consumer, { nowMs, waiting: line.waiters.size })
    const keptFree = this.#paces.keptFree(consumer, { nowMs, isBackground })
    if (keptFree === 0 || turn === 'aged') return paceMs
    // Among others that use every slot there are never so many free: once aged it goes all the same.
    const roomyAtMs = this.#options.ledger.forecast(keptFree + 1)
    return Math.max(paceMs, Math.min(roomyAtMs, this.#aging.agedAt(lane)))
  }

  #park(
    lane: Lane,
    line: Line,
    { untilMs, byLedger }: { untilMs: number; byLedger: boolean },
  ): void {
    line.parkedUntilMs = untilMs
    line.isParkedByLedger = byLedger
    this.#wakeLine(lane, line)
  }

  /** Timers may be early by a millisecond, and then nobody would come back for the line. */
  #wakeLine(lane: Lane, line: Line): void {
    line.wake?.cancel()
    const nowMs = this.#now()
    const withinAtMs = line.isParkedByLedger
      ? Infinity
      : this.#room.shares.withinAt(line.consumer, { nowMs, position: 0 })
    const untilMs =
      withinAtMs > nowMs ? Math.min(withinAtMs, line.parkedUntilMs) : line.parkedUntilMs
    line.wake = this.#timers.after(untilMs - nowMs, () => {
      this.#scheduleExpress()
      if (line.parkedUntilMs > this.#now()) this.#wakeLine(lane, line)
      else this.#schedule(lane)
    })
  }

  #ledgerChanged(): void {
    this.#room.clearPaused()
    for (const lane of this.#room.lanes) {
      for (const line of lane.lines.values()) {
        if (line.isParkedByLedger) line.parkedUntilMs = -Infinity
      }
      this.#schedule(lane)
    }
    this.#scheduleExpress()
    this.#sleeper.wake()
  }
}
