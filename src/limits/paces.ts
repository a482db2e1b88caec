/** The pace of each consumer, forgotten when it has been idle for a window. Bounded. */

import { LRUCache } from 'lru-cache'
import { createPace, forecastPace, left, lineBegins, mayLeaveAt } from './pace.js'
import type { PaceRules, PaceState } from './pace.js'

/** Consumers whose pace is remembered; the longest idle is forgotten first. */
const MAX_CONSUMERS = 10_000

export class Paces {
  readonly #rules: PaceRules
  readonly #states = new LRUCache<string, PaceState>({ max: MAX_CONSUMERS })

  constructor(rules: PaceRules) {
    this.#rules = rules
  }

  #of(consumer: string): PaceState {
    let state = this.#states.get(consumer)
    if (state === undefined) {
      state = createPace()
      this.#states.set(consumer, state)
    }
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

  forecast(consumer: string, at: { nowMs: number; position: number }): number {
    return forecastPace(this.#of(consumer), at, this.#rules)
  }
}
