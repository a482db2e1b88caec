/**
 * What time it is at the upstream, whose midnight ends the day. Our wall clock may be wrong and may
 * step; the monotonic one does neither, but stands still while a laptop sleeps. So the time is kept
 * on the monotonic clock, set by the upstream's `Date` headers, and wherever the wall clock has moved
 * otherwise since, both readings are given: a request is then charged to the days of both.
 *
 * One header is not believed against both clocks: a single Date of 2030 would make today's count the
 * count of a day long past. A second answer has to say the same, and until then the claim is one more
 * reading.
 */

import { DAY_MS } from './day.js'
import type { Clock } from './types.js'

/** Two readings nearer than this are one. */
const SAME_MS = 5_000
/** A difference that people should hear of. */
export const HARMLESS_SKEW_MS = 2_000

/** The year 9999: dates of HTTP end there, and days after it could not be computed with. */
const END_OF_DATES_MS = 253_402_300_800_000 - 2 * 86_400_000

/** A Date further than this from the time that is kept has to be said twice. */
export const JUMP_MS = 60_000

/** What a restart during the same boot goes on from. */
export interface ClockRecord {
  readonly bootId: string | null
  /** Upstream's time minus our monotonic clock. */
  readonly anchorMs: number
  /** Upstream's time minus our wall clock when that was read. */
  readonly wallOffsetMs: number
  /** Set by a Date header, and not only taken from the wall clock when the first process started. */
  readonly isSet: boolean
}

export class DayClock {
  readonly #clock: Clock
  readonly #onSet: (record: ClockRecord) => void
  #anchorMs: number
  #wallOffsetMs = 0
  #low = -Infinity
  #high = Infinity
  #isSet = false
  /** Upstream's time minus our monotonic clock, by a Date that nothing else bears out yet. */
  #claimMs: number | undefined

  constructor(options: {
    clock: Clock
    restored: ClockRecord | undefined
    /** Called when the time was set anew by more than a second. */
    onSet: (record: ClockRecord) => void
  }) {
    this.#clock = options.clock
    this.#onSet = options.onSet
    const { restored, clock } = options
    this.#anchorMs = clock.wallMs() - clock.monotonicMs()
    if (restored !== undefined && restored.bootId !== null && restored.bootId === clock.bootId) {
      this.#anchorMs = restored.anchorMs
      this.#wallOffsetMs = restored.wallOffsetMs
      this.#isSet = restored.isSet
    } else {
      // Kept from the start, so that a step of the wall clock before a restart changes nothing.
      this.#onSet(this.#record())
    }
  }

  #record(): ClockRecord {
    return {
      bootId: this.#clock.bootId,
      anchorMs: this.#anchorMs,
      wallOffsetMs: this.#wallOffsetMs,
      isSet: this.#isSet,
    }
  }

  /** The upstream's time, epoch milliseconds. */
  now(): number {
    return this.#clock.monotonicMs() + this.#anchorMs
  }

  /** All readings that may be right, the likeliest first. */
  readings(): readonly [number, ...number[]] {
    const nowMs = this.#clock.monotonicMs()
    const likely = nowMs + this.#anchorMs
    const byWall = this.#clock.wallMs() + this.#wallOffsetMs
    const readings: [number, ...number[]] = [likely]
    if (!isSame(byWall, likely)) readings.push(byWall)
    if (this.#claimMs !== undefined) {
      const claimed = nowMs + this.#claimMs
      if (!readings.some((one) => isSame(one, claimed))) readings.push(claimed)
    }
    return readings
  }

  /** Near the time that is kept, or borne out by the wall clock or by another answer. */
  #isBelieved(offsetMs: number): boolean {
    const timeMs = this.#clock.monotonicMs() + offsetMs
    return (
      Math.abs(offsetMs - this.#anchorMs) <= JUMP_MS ||
      isSame(timeMs, this.#clock.wallMs() + this.#wallOffsetMs) ||
      (this.#claimMs !== undefined && isSame(offsetMs, this.#claimMs))
    )
  }

  /** Borne out by answers alone, and more than a day ahead of a time that answers had set. */
  #isFarAhead(offsetMs: number): boolean {
    const byWall = this.#clock.wallMs() + this.#wallOffsetMs
    const timeMs = this.#clock.monotonicMs() + offsetMs
    return this.#isSet && offsetMs - this.#anchorMs > DAY_MS && !isSame(timeMs, byWall)
  }

  /** Two wrong answers open one day too early at most, not the count of a day long ahead. */
  #stepOneDay(): void {
    this.#anchorMs += DAY_MS
    this.#low = -Infinity
    this.#high = Infinity
    this.#wallOffsetMs = this.now() - this.#clock.wallMs()
    this.#onSet(this.#record())
  }

  /**
   * A Date header names a whole second, so it bounds the offset to a second and the time that the
   * request took; readings are intersected as long as they agree.
   */
  observe(dateMs: number, sentMs: number): void {
    const receivedMs = this.#clock.monotonicMs()
    const low = dateMs - receivedMs
    const high = dateMs + 1_000 - sentMs
    // NaN is not below it either.
    if (!(dateMs > 0 && dateMs < END_OF_DATES_MS) || low > high) return
    const offsetMs = (low + high) / 2
    if (!this.#isBelieved(offsetMs)) {
      this.#claimMs = offsetMs
      return
    }
    this.#claimMs = undefined
    if (this.#isFarAhead(offsetMs)) {
      this.#stepOneDay()
      return
    }
    const agrees = low <= this.#high && high >= this.#low
    this.#low = agrees ? Math.max(low, this.#low) : low
    this.#high = agrees ? Math.min(high, this.#high) : high
    const before = this.#anchorMs
    this.#anchorMs = (this.#low + this.#high) / 2
    this.#wallOffsetMs = this.now() - this.#clock.wallMs()
    if (this.#isSet && Math.abs(this.#anchorMs - before) < 1_000) return
    this.#isSet = true
    this.#onSet(this.#record())
  }

  /** Upstream minus our wall clock; undefined while no Date was seen. */
  skewMs(): number | undefined {
    return this.#isSet ? this.#wallOffsetMs : undefined
  }
}

const isSame = (aMs: number, bMs: number): boolean => Math.abs(aMs - bMs) <= SAME_MS
