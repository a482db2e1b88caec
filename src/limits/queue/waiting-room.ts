/** Those who wait: bounded in number, each with a deadline, free to go at any time. */

import {
  aheadInLane,
  createLane,
  firstOf,
  isGone,
  join,
  leave,
  lineKey,
  lineOf,
  oldestSince,
} from './line.js'
import type { Admission, AdmissionRequest, Lane, Line, Waiter } from './line.js'
import type { Ledger } from '../ledger/ledger.js'
import { createMinuteShares } from './minute-shares.js'
import type { MinuteShares } from './minute-shares.js'
import type { Paces } from './paces.js'
import type { PaceRules } from './pace.js'
import { PRIORITIES } from '../ledger/types.js'
import type { Clock, Priority, RefusalReason } from '../ledger/types.js'

const NO_SHARES: ReadonlyMap<string, number> = new Map()

/** Node fires longer ones at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface WaitingRoomOptions {
  readonly ledger: Pick<Ledger, 'forecast' | 'peek'>
  readonly clock: Clock
  readonly pace: PaceRules
  readonly paces: Paces
  /** See `QueueOptions`. */
  readonly minuteShares?: () => ReadonlyMap<string, number>
  /** Waiters of all consumers together, at most. */
  readonly maxLength: number
  /** Waiters of one consumer, at most. */
  readonly maxLengthPerConsumer: number
}

export interface QueueUsage {
  readonly waiting: Readonly<Record<Priority, number>>
  readonly oldestWaitMs: number
  readonly byConsumer: ReadonlyMap<string, number>
}

/** A line whose next request goes before all others, and the lane that it stands in. */
export interface ExpressLine {
  readonly lane: Lane
  readonly line: Line
}

export class WaitingRoom {
  readonly lanes: readonly Lane[] = PRIORITIES.map(createLane)
  readonly shares: MinuteShares
  readonly #options: WaitingRoomOptions
  readonly #perConsumer = new Map<string, number>()
  #waiting = 0

  constructor(options: WaitingRoomOptions) {
    this.#options = options
    const { paces, pace, minuteShares: shares = () => NO_SHARES } = options
    this.shares = createMinuteShares({ paces, pace, shares })
  }

  laneOf(priority: Priority): Lane {
    const lane = this.lanes[PRIORITIES.indexOf(priority)]
    if (lane === undefined) throw new TypeError(`no priority ${priority}`)
    return lane
  }

  /** Does anybody wait who may leave now, in the lanes up to this one? */
  hasReady(upTo: Priority, { inclusive }: { inclusive: boolean }): boolean {
    const last = PRIORITIES.indexOf(upTo) - (inclusive ? 0 : 1)
    return this.lanes.some((lane, index) => index <= last && this.isReady(lane))
  }

  isReady(lane: Lane): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    for (const line of lane.lines.values()) {
      if (line.waiters.size > 0 && line.parkedUntilMs <= nowMs) return true
    }
    return false
  }

  /** The next of those that are within their share of the window, writes first. */
  nextExpress(): ExpressLine | undefined {
    if (!this.#mayHaveExpress()) return undefined
    for (const lane of this.lanes) {
      for (const line of lane.lines.values()) if (this.isExpress(lane, line)) return { lane, line }
    }
    return undefined
  }

  /** Asked for each permit and each newcomer: those with a share are few, the lines may be many. */
  #mayHaveExpress(): boolean {
    for (const consumer of this.shares.consumers()) if (this.#perConsumer.has(consumer)) return true
    return false
  }

  isExpress(lane: Lane, line: Line): boolean {
    if (lane.priority === 'background' || line.waiters.size === 0) return false
    const nowMs = this.#options.clock.monotonicMs()
    // The pace of its own backlog does not hold back what it was promised.
    if (line.isParkedByLedger && line.parkedUntilMs > nowMs) return false
    return this.shares.left(line.consumer, nowMs) > 0
  }

  hasLine(request: AdmissionRequest): boolean {
    return this.laneOf(request.priority).lines.has(lineKey(request))
  }

  /** A place in line, or the reason why not; `entered` is called once the place is taken. */
  enter(
    request: AdmissionRequest,
    sinceMs: number,
    entered: (lane: Lane) => void,
  ): Promise<Admission> | Admission {
    const { ledger, clock, maxLength, maxLengthPerConsumer, paces } = this.#options
    // The signal would not tell again what happened while the ledger was asked.
    if (isGone(request)) return refused('abandoned', 0)
    const pausedUntilMs = pausedUntil(ledger, request) ?? -Infinity
    if (pausedUntilMs > sinceMs + request.maxWaitMs) {
      return refused('paused', pausedUntilMs - clock.monotonicMs())
    }
    const lane = this.laneOf(request.priority)
    const present = lane.lines.get(lineKey(request))
    const forecastMs = this.forecastMs(request, present?.waiters.size ?? 0)
    const ofConsumer = this.#perConsumer.get(request.consumer) ?? 0
    // What is promised to it has a place, however many others are here.
    const isFull =
      this.#waiting >= maxLength && ofConsumer >= this.shares.promised(request.consumer)
    if (isFull || ofConsumer >= maxLengthPerConsumer) {
      return refused('queue-full', forecastMs)
    }
    if (forecastMs > request.maxWaitMs) return refused('wait-too-long', forecastMs)
    if (present === undefined) paces.lineBegins(request.consumer, clock.monotonicMs())
    const line = present ?? lineOf(lane, request)
    return new Promise((resolve) => {
      const deadlineMs = sinceMs + request.maxWaitMs
      const timer = setTimeout(
        () => end(refused('deadline', this.forecastMs(request, 0))),
        Math.min(deadlineMs - clock.monotonicMs(), LONGEST_TIMER_MS),
      )
      const abandon = (): void => end(refused('abandoned', 0))
      const end = (admission: Admission): void => {
        if (!leave(lane, line, waiter)) return
        clearTimeout(timer)
        request.signal?.removeEventListener('abort', abandon)
        this.#count(request.consumer, -1)
        resolve(admission)
      }
      const waiter: Waiter = { request, sinceMs, deadlineMs, end }
      join(lane, line, waiter)
      this.#count(request.consumer, 1)
      request.signal?.addEventListener('abort', abandon, { once: true })
      entered(lane)
    })
  }

  #count(consumer: string, change: 1 | -1): void {
    this.#waiting += change
    const count = (this.#perConsumer.get(consumer) ?? 0) + change
    if (count === 0) this.#perConsumer.delete(consumer)
    else this.#perConsumer.set(consumer, count)
  }

  /** How long the one at `position` of its line (0 is next) will wait, milliseconds. */
  forecastMs(request: AdmissionRequest, position: number): number {
    return Math.max(
      0,
      Math.min(this.#ordinaryMs(request, position), this.#expressMs(request, position)),
    )
  }

  #ordinaryMs(request: AdmissionRequest, position: number): number {
    const { ledger, clock, pace, paces } = this.#options
    const nowMs = clock.monotonicMs()
    const lane = this.laneOf(request.priority)
    const line = lane.lines.get(lineKey(request))
    let ahead = line === undefined ? lane.lines.size : aheadInLane(lane, line, position)
    for (const other of this.lanes) {
      if (other === lane) break
      ahead += other.waiting
    }
    ahead += this.#expressFrom(lane, line, position)
    const paceAtMs =
      request.priority === 'background'
        ? nowMs + lane.waiting * (pace.windowMs / pace.max)
        : paces.forecast(request.consumer, { nowMs, position })
    return Math.max(ledger.forecast(ahead + 1) - nowMs, paceAtMs - nowMs)
  }

  /** Those of this lane and the less urgent ones who go before their turn, for their share. */
  #expressFrom(lane: Lane, own: Line | undefined, position: number): number {
    if (!this.#mayHaveExpress()) return 0
    const nowMs = this.#options.clock.monotonicMs()
    let ahead = 0
    for (const other of this.lanes.slice(this.lanes.indexOf(lane))) {
      for (const line of other.lines.values()) {
        if (line === own || !this.isExpress(other, line)) continue
        const within = Math.min(line.waiters.size, this.shares.left(line.consumer, nowMs))
        const counted = other === lane ? Math.min(line.waiters.size, position + 1) : 0
        ahead += Math.max(0, within - counted)
      }
    }
    return ahead
  }

  /** The same by its share of the window: others' crowds are no part of it. Infinity without one. */
  #expressMs({ priority, consumer, ...request }: AdmissionRequest, position: number): number {
    const { ledger, clock } = this.#options
    if (priority === 'background' || this.shares.promised(consumer) === 0) return Infinity
    const nowMs = clock.monotonicMs()
    const key = lineKey({ ...request, priority, consumer })
    let own = position
    let others = 0
    for (const lane of this.lanes.slice(0, PRIORITIES.indexOf(priority) + 1)) {
      for (const line of lane.lines.values()) {
        if (lane.priority === priority && line.key === key) continue
        if (line.consumer === consumer) own += line.waiters.size
        else if (this.isExpress(lane, line)) {
          others += Math.min(line.waiters.size, this.shares.left(line.consumer, nowMs))
        }
      }
    }
    const withinAtMs = this.shares.withinAt(consumer, { nowMs, position: own })
    const ahead = withinAtMs > nowMs ? others : others + own
    return Math.max(0, withinAtMs - nowMs) + ledger.forecast(ahead + 1) - nowMs
  }

  /** Ends every wait with this refusal. */
  clear(reason: RefusalReason, retryAfterMs: number): void {
    for (const line of this.#lines()) {
      for (const waiter of line.waiters) waiter.end(refused(reason, retryAfterMs))
    }
  }

  /** Does another consumer of this lane wait that has had less of this window? */
  hasPoorer(lane: Lane, line: Line): boolean {
    const { clock, paces } = this.#options
    const nowMs = clock.monotonicMs()
    const spent = paces.spentBy(line.consumer, nowMs)
    for (const other of lane.lines.values()) {
      if (other === line || other.parkedUntilMs > nowMs) continue
      if (paces.spentBy(other.consumer, nowMs) + 1 < spent) return true
    }
    return false
  }

  /** Who would not live to see the end of a pause is told at once, wherever he stands. */
  clearPaused(): void {
    const { ledger, clock } = this.#options
    const nowMs = clock.monotonicMs()
    for (const line of this.#lines()) {
      const first = firstOf(line)
      if (first === undefined || pausedUntil(ledger, first.request) === undefined) continue
      for (const waiter of line.waiters) {
        const untilMs = pausedUntil(ledger, waiter.request) ?? -Infinity
        if (untilMs > waiter.deadlineMs) waiter.end(refused('paused', untilMs - nowMs))
      }
    }
  }

  *#lines(): Generator<Line> {
    for (const lane of this.lanes) yield* lane.lines.values()
  }

  usage(): QueueUsage {
    const oldest = this.lanes.map(oldestSince).filter((since) => since !== undefined)
    return {
      waiting: {
        write: this.laneOf('write').waiting,
        interactive: this.laneOf('interactive').waiting,
        background: this.laneOf('background').waiting,
      },
      oldestWaitMs:
        oldest.length === 0 ? 0 : this.#options.clock.monotonicMs() - Math.min(...oldest),
      byConsumer: new Map(this.#perConsumer),
    }
  }
}

function pausedUntil(ledger: Pick<Ledger, 'peek'>, request: AdmissionRequest): number | undefined {
  const hold = ledger.peek(request)
  return hold?.kind === 'paused' && !hold.isProbed ? hold.untilMs : undefined
}

export const refused = (reason: RefusalReason, retryAfterMs: number): Admission => ({
  kind: 'refused',
  reason,
  retryAfterMs: Math.max(0, retryAfterMs),
})
