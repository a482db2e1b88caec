/**
 * A world for the ledger to be right in: true time, an upstream that counts arrivals by its own
 * clock, a machine whose clocks are off, and a disk that loses what was not yet written at a crash.
 */

import { createLedger, createMemoryJournal, marginFor, NO_SHARES } from '../../src/limits/index.js'
import type { Journal, Ledger, Permit } from '../../src/limits/index.js'

export interface WorldOptions {
  readonly max: number
  readonly windowMs: number
  readonly dayMax: number
  readonly isAuto: boolean
  /** The machine's monotonic clock runs this much too fast, parts per million. */
  readonly driftPpm: number
  /** Upstream's clock minus true time, milliseconds. */
  readonly upstreamOffsetMs: number
  readonly startMs: number
}

interface Flight {
  readonly permit: Permit
  readonly writtenAtMs: number
  readonly arrivesAtMs: number
  readonly endsAtMs: number
  readonly isAnswered: boolean
  hasArrived: boolean
}

export const LOST_MARGIN_MS = 2_000
export const FLIGHT_MS = 3_000

export class World {
  readonly arrivals: number[] = []
  readonly days = new Map<string, number>()
  wallErrorMs = 0
  bootId = 'boot-1'
  now: number
  #bootedAt: number
  readonly #options: WorldOptions
  #durable = createMemoryJournal()
  #pending: (() => void)[] = []
  #flights: Flight[] = []
  #late: number[] = []
  ledger: Ledger

  constructor(options: WorldOptions) {
    this.#options = options
    this.now = options.startMs
    this.#bootedAt = options.startMs - 50_000
    this.ledger = this.#start()
  }

  /**
   * The first start finds a wall clock that is right to the guard; that reading is on disk before
   * anything can happen to it. A clock that is wrong from the first start on, under an upstream that
   * never answers, is the one thing that nothing here could notice.
   */
  #start(): Ledger {
    const ledger = this.#create()
    this.flush()
    return ledger
  }

  #create(): Ledger {
    const { max, windowMs, dayMax, isAuto, driftPpm } = this.#options
    return createLedger({
      clock: {
        bootId: this.bootId,
        monotonicMs: () => (this.now - this.#bootedAt) * (1 + driftPpm / 1e6),
        wallMs: () => this.now + this.wallErrorMs,
      },
      journal: this.#journal(),
      newDisk: 'idle',
      sendWithinMs: 1_000,
      window: { max, windowMs, marginMs: marginFor(windowMs), lostMarginMs: LOST_MARGIN_MS },
      day: {
        planOf: () => ({
          max: isAuto ? 'auto' : dayMax,
          maxWhileUnknown: dayMax,
          shares: NO_SHARES,
        }),
        skewGuardMs: 5_000,
        flightGuardMs: FLIGHT_MS + 1_000,
      },
    })
  }

  /** Writes become durable when the world says so, in order, or never. */
  #journal(): Journal {
    const later =
      <A extends unknown[]>(write: (...args: A) => Promise<unknown>) =>
      (...args: A) =>
        new Promise<void>((resolve) => {
          this.#pending.push(() => {
            void write(...args)
            resolve()
          })
        })
    const disk = this.#durable
    return {
      load: () => disk.load(),
      putSlot: later(disk.putSlot),
      putDay: later(disk.putDay),
      removeDay: later(disk.removeDay),
      putPause: later(disk.putPause),
      removePause: later(disk.removePause),
      putCeiling: later(disk.putCeiling),
      putClock: later(disk.putClock),
      problem: () => undefined,
      close: () => Promise.resolve(),
    }
  }

  /** To the very moment at which the ledger says that a slot comes free, if it says one. */
  advanceToFree(): void {
    const [first] = this.ledger.usage().window.releasesInMs
    if (first !== undefined) this.advance(first / (1 + this.#options.driftPpm / 1e6))
  }

  flush(): void {
    for (const write of this.#pending.splice(0)) write()
  }

  upstreamNow(): number {
    return this.now + this.#options.upstreamOffsetMs
  }

  #arrive(atMs: number): void {
    this.arrivals.push(atMs)
    const day = new Date(atMs + this.#options.upstreamOffsetMs).toISOString().slice(0, 10)
    this.days.set(day, (this.days.get(day) ?? 0) + 1)
  }

  /** Asks once; if permitted, sends after `writeMs`, counted and answered as the rest says. */
  async send(plan: {
    writeMs: number
    arriveMs: number
    endMs: number
    isAnswered: boolean
    crashBeforeFlush: boolean
  }): Promise<string> {
    const taking = this.ledger.take({ account: 'a', chargesDay: true })
    if (plan.crashBeforeFlush) {
      this.crash()
      return 'crashed'
    }
    this.flush()
    const decision = await taking
    if (decision.kind === 'ask-quota') return this.askQuota()
    if (decision.kind !== 'permitted') return decision.kind
    const { permit } = decision
    if (plan.writeMs > 1_000) {
      this.advance(plan.writeMs)
      this.ledger.settle(permit, 'unsent')
      return 'unsent'
    }
    const writtenAtMs = this.now + plan.writeMs
    const endsAtMs = writtenAtMs + plan.endMs
    // An answer comes after the arrival; the death of a socket may come up to the margin before it.
    const slackMs = plan.isAnswered ? 0 : LOST_MARGIN_MS
    const arrivesAtMs = writtenAtMs + Math.min(plan.arriveMs, plan.endMs + slackMs)
    this.#flights.push({
      permit,
      writtenAtMs,
      arrivesAtMs,
      endsAtMs,
      isAnswered: plan.isAnswered,
      hasArrived: false,
    })
    return 'permitted'
  }

  askQuota(): string {
    const { dayMax } = this.#options
    const question = this.ledger.quotaQuestion('a')
    const used = this.days.get(new Date(this.upstreamNow()).toISOString().slice(0, 10)) ?? 0
    this.#observeDate(this.now)
    this.ledger.quotaAnswer(question, { max: dayMax, used })
    this.flush()
    return 'asked'
  }

  #observeDate(sentAtMs: number): void {
    const { driftPpm } = this.#options
    const sentMonotonic = (sentAtMs - this.#bootedAt) * (1 + driftPpm / 1e6)
    this.ledger.observeDate(Math.floor(this.upstreamNow() / 1_000) * 1_000, sentMonotonic)
  }

  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const due = [
        ...this.#flights.flatMap((one) => [one.arrivesAtMs, one.endsAtMs]),
        ...this.#late,
      ].filter((at) => at > this.now && at <= until)
      this.now = due.length === 0 ? until : Math.min(...due)
      this.#late = this.#late.filter((at) => {
        if (at > this.now) return true
        this.#arrive(at)
        return false
      })
      for (const flight of this.#flights) {
        if (flight.hasArrived || flight.arrivesAtMs > this.now) continue
        flight.hasArrived = true
        this.#arrive(flight.arrivesAtMs)
      }
      this.#flights = this.#flights.filter((flight) => {
        if (flight.endsAtMs > this.now) return true
        if (!flight.hasArrived) this.#late.push(flight.arrivesAtMs)
        if (flight.isAnswered) this.#observeDate(flight.writtenAtMs)
        this.ledger.settle(flight.permit, flight.isAnswered ? 'answered' : 'dead')
        return false
      })
      if (due.length === 0) return
    }
  }

  /** kill -9: what was not flushed is gone, what was written may arrive for a moment yet. */
  crash(): void {
    this.#pending = []
    for (const { arrivesAtMs, writtenAtMs, hasArrived } of this.#flights) {
      if (hasArrived || writtenAtMs > this.now) continue
      this.#late.push(Math.min(arrivesAtMs, this.now + LOST_MARGIN_MS))
    }
    this.#flights = []
    this.ledger = this.#start()
  }

  /** The machine restarts; that takes longer than anything it sent can be on its way. */
  reboot(bootId: string, wallErrorMs: number): void {
    this.crash()
    this.advance(20_000)
    this.bootId = bootId
    this.#bootedAt = this.now - 3_000
    this.wallErrorMs = wallErrorMs
    this.ledger = this.#start()
  }

  /** The largest number of arrivals in any rolling window. */
  maxInAnyWindow(): number {
    const sorted = this.arrivals.toSorted((a, b) => a - b)
    let most = 0
    let first = 0
    for (const [index, at] of sorted.entries()) {
      while ((sorted[first] ?? 0) <= at - this.#options.windowMs) first++
      most = Math.max(most, index - first + 1)
    }
    return most
  }
}
