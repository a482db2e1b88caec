/** The pace of each consumer, forgotten when it has been idle for a window. Bounded. */

import { LRUCache } from 'lru-cache'
import { createPace, forecastPace, left, lineBegins, mayLeaveAt } from './pace.js'
import type { PaceRules, PaceState } from './pace.js'

/** Others count as being about for this many windows after their last request. */
const ABOUT_WINDOWS = 10

/** Consumers whose pace is remembered; the longest idle is forgotten first. */
const MAX_CONSUMERS = 10_000

export class Paces {
  readonly #rules: PaceRules
  readonly #states = new LRUCache<string, PaceState>({ max: MAX_CONSUMERS })

  readonly #elsewhere: ((consumer: string) => readonly number[]) | undefined

  /** `elsewhere`: when requests of a consumer that other replicas let out left, oldest first. */
  constructor(rules: PaceRules, elsewhere?: (consumer: string) => readonly number[]) {
    this.#rules = rules
    this.#elsewhere = elsewhere
  }

  #of(consumer: string): PaceState {
    let state = this.#states.get(consumer)
    if (state === undefined) {
      state = createPace()
      this.#states.set(consumer, state)
    }
    state.elsewhere = this.#elsewhere?.(consumer) ?? []
    return state
  }

  mayLeaveAt(consumer: string, now: { nowMs: number; waiting: number }): number {
    return mayLeaveAt(this.#of(consumer), now, this.#rules)
  }

  lineBegins(consumer: string, nowMs: number): void {
    lineBegins(this.#of(consumer), nowMs, this.#rules)
  }

  /** Counts a request that is about to leave. Returns how to undo that, should it stay after all. */
  reserve(consumer: string, nowMs: number): () => void {
    return left(this.#of(consumer), nowMs, this.#rules)
  }

  /** When its requests of the last window left, oldest first. Looking counts as no sign of life. */
  grantsOf(consumer: string, nowMs: number): readonly number[] {
    const own = this.#states.peek(consumer)?.grants ?? []
    const others = this.#elsewhere?.(consumer) ?? []
    const grants = others.length === 0 ? own : [...own, ...others].toSorted((a, b) => a - b)
    return grants.filter((at) => at > nowMs - this.#rules.windowMs)
  }

  /** How many of its requests left within the last window. */
  spentBy(consumer: string, nowMs: number): number {
    return this.grantsOf(consumer, nowMs).length
  }

  /**
   * Slots that this consumer has to leave free for others that are about: half of what its burst left
   * while that is still in the window, a hundredth of the window while it works off the backlog or is in
   * the background, else none. Alone it may take everything.
   */
  keptFree(
    consumer: string,
    { nowMs, isBackground }: { nowMs: number; isBackground: boolean },
  ): number {
    const { max, burst } = this.#rules
    const { spread } = this.#of(consumer)
    if ((!isBackground && spread === undefined) || !this.#areOthersAbout(consumer, nowMs)) return 0
    if (!isBackground && spread !== undefined && nowMs < spread.burstEndsAtMs) {
      return Math.max(1, Math.floor((max - burst) / 2))
    }
    return max > 1 ? Math.max(1, Math.round(max / 100)) : 0
  }

  #areOthersAbout(consumer: string, nowMs: number): boolean {
    const sinceMs = nowMs - ABOUT_WINDOWS * this.#rules.windowMs
    // From the most recent on: the first that is somebody else decides.
    for (const [other, { lastAtMs }] of this.#states.entries()) {
      if (other !== consumer && lastAtMs !== -Infinity) return lastAtMs > sinceMs
    }
    return false
  }

  forecast(consumer: string, at: { nowMs: number; position: number }): number {
    return forecastPace(this.#of(consumer), at, this.#rules)
  }
}
