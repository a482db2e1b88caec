/**
 * The time limit for one whole response. A byte now and then satisfies any limit on the time between
 * two bytes, so the waiting time is added up, without the time the client takes. Checked for each
 * piece of the body; when none arrives, undici's body timeout ends the response.
 */

import type { Clock } from '../limits/index.js'

export class ResponseDeadline {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #timeoutMs: number
  /** Undefined while the client is the slower side. */
  #waitingSinceMs: number | undefined
  #waitedMs: number

  constructor(clock: Pick<Clock, 'monotonicMs'>, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#waitedMs = 0
  }

  waitFor(side: 'upstream' | 'client'): void {
    this.#waitingSinceMs = side === 'upstream' ? this.#clock.monotonicMs() : undefined
  }

  /** Call it for each piece: whether the piece is too late. */
  hasPassed(): boolean {
    if (this.#waitingSinceMs !== undefined) {
      this.#waitedMs += this.#clock.monotonicMs() - this.#waitingSinceMs
    }
    this.#waitingSinceMs = undefined
    return this.#waitedMs > this.#timeoutMs
  }
}
