/**
 * How long one whole answer may take. A byte now and then satisfies any bound on the time between two
 * bytes, so the waiting is added up; while a consumer takes its time, the upstream has to wait and not
 * we. Looked at whenever a piece comes: where none comes, undici's body timeout ends it.
 */

import type { Clock } from '../limits/ledger/types.js'

export class AnswerDeadline {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #timeoutMs: number
  /** Undefined: the consumer is waited for. */
  #sinceMs: number | undefined
  #waitedMs = 0

  constructor(clock: Pick<Clock, 'monotonicMs'>, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  waitsFor(whom: 'upstream' | 'consumer'): void {
    this.#sinceMs = whom === 'upstream' ? this.#clock.monotonicMs() : undefined
  }

  /** A piece came. Was it too late? */
  isOver(): boolean {
    if (this.#sinceMs !== undefined) this.#waitedMs += this.#clock.monotonicMs() - this.#sinceMs
    this.#sinceMs = undefined
    return this.#waitedMs > this.#timeoutMs
  }
}
