/** Which of the waiting requests is next. Nothing is changed here; turns.ts acts on it. */

import type { Ledger } from '../ledger/ledger-port.js'
import type { Clock } from '../ledger/types.js'
import type { RateShaper, Shaped } from './rate-shaper.js'
import type { ReservedShares } from './reserved-shares.js'
import { firstOf, oldestSince } from './waiting-lines.js'
import type { Lane, Seat, Waiter, WaitingLines } from './waiting-lines.js'

/** The reason for a turn: the class, its age, or a consumer's share of the window. */
export type Turn = 'class' | 'aged' | 'reserved'

export interface TurnOrderOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly lines: WaitingLines
  readonly shaper: RateShaper
  readonly reserved: ReservedShares
  /** A lane without a turn for this long gets one before the more urgent lanes. */
  readonly agingMs: number
}

export interface NextRequest {
  readonly program: string
  readonly line: Set<Waiter>
  readonly waiter: Waiter
}

export class TurnOrder {
  readonly #options: TurnOrderOptions

  constructor(options: TurnOrderOptions) {
    this.#options = options
  }

  #now(): number {
    return this.#options.clock.monotonicMs()
  }

  /** The next seat with a request within its consumer's share of the window, writes first. */
  nextReserved(): { readonly lane: Lane; readonly seat: Seat } | undefined {
    const { reserved, lines } = this.#options
    if (lines.waiting === 0 || !reserved.exist()) return undefined
    for (const lane of lines.lanes) {
      if (lane.priority === 'background') continue
      for (const seat of lane.seats.values()) {
        // The spreading of its own backlog does not hold back what was promised.
        if (seat.isDeferredByLedger && seat.deferredUntilMs > this.#now()) continue
        if (this.nextIn(seat, 'reserved') !== undefined) return { lane, seat }
      }
    }
    return undefined
  }

  /** The next request of a seat, from the program with the fewest calls in the window. */
  nextIn(seat: Seat, turn: Turn): NextRequest | undefined {
    const { shaper, reserved } = this.#options
    const nowMs = this.#now()
    let next: NextRequest | undefined
    let fewest = Infinity
    for (const [program, line] of seat.programs) {
      const waiter = firstOf(line)
      if (waiter === undefined) continue
      const isWithin = turn !== 'reserved' || reserved.left(waiter.request.consumer, nowMs) > 0
      const calls = shaper.sentByProgram(seat.credential, program, nowMs)
      if (!isWithin || calls >= fewest) continue
      next = { program, line, waiter }
      fewest = calls
    }
    return next
  }

  /** Time from which the next request of this seat may be sent, as far as its rate is concerned. */
  dueAt(lane: Lane, seat: Seat, { program, turn }: { program: string; turn: Turn }): number {
    if (turn === 'reserved') return -Infinity
    const { shaper, ledger } = this.#options
    const { credential, waiting } = seat
    const shaped: Shaped = { credential, program, waiting, nowMs: this.#now() }
    if (lane.priority !== 'background') {
      // Among others that use every slot it would never be due.
      return Math.min(shaper.dueAt(shaped), this.agedAt(lane))
    }
    const kept = turn === 'aged' ? 0 : shaper.keptFor(shaped)
    return kept === 0 ? -Infinity : Math.min(ledger.forecast(kept + 1), this.agedAt(lane))
  }

  /** Does another credential of this lane wait that has sent less in this window? */
  hasLessServed(lane: Lane, seat: Seat): boolean {
    const { shaper } = this.#options
    const nowMs = this.#now()
    const sent = shaper.sentBy(seat.credential, nowMs)
    for (const other of lane.seats.values()) {
      if (other === seat || other.deferredUntilMs > nowMs) continue
      if (shaper.sentBy(other.credential, nowMs) + 1 < sent) return true
    }
    return false
  }

  /** When a spread seat has a request within a share again; Infinity: never. */
  withinShareAt(seat: Seat): number {
    const { reserved } = this.#options
    if (seat.isDeferredByLedger || !reserved.exist()) return Infinity
    const nowMs = this.#now()
    let soonestMs = Infinity
    for (const line of seat.programs.values()) {
      const consumer = firstOf(line)?.request.consumer ?? ''
      const withinMs = reserved.withinAt(consumer, { nowMs, position: 0 })
      if (withinMs > nowMs) soonestMs = Math.min(soonestMs, withinMs)
    }
    return soonestMs
  }

  /** From when (monotonic) this lane goes before the others. A turn that yielded is no service. */
  agedAt(lane: Lane): number {
    const sinceMs = oldestSince(lane) ?? this.#now()
    return Math.max(sinceMs, lane.servedAtMs) + this.#options.agingMs
  }
}
