/**
 * Intervals may show a write a little later than it acknowledges it. So what a write touches is invalidated
 * once more when `cache.writeSettle` has passed: entries fetched meanwhile are valid only until then.
 */

export interface SettleOptions {
  /** 0: Intervals shows a write as soon as it acknowledges it. */
  readonly settleMs: number
  readonly monotonicMs: () => number
  /** Calls back after so many milliseconds; returns how to cancel that. */
  readonly startTimer: (run: () => void, afterMs: number) => () => void
}

export interface Settling {
  /** `invalidate` is called once, when the settle time has passed. */
  add(invalidate: () => void): void
  /** Calls what is due. The timer may be late, and no answer may wait for it. */
  catchUp(): void
  close(): void
}

/** Keeps the writes of one settle time, whose number the limits of upstream calls bound. */
export function createSettling({ settleMs, monotonicMs, startTimer }: SettleOptions): Settling {
  const pending: { readonly dueMs: number; readonly invalidate: () => void }[] = []
  let cancelTimer: (() => void) | undefined
  let isClosed = false

  function catchUp(): void {
    while (pending[0] !== undefined && pending[0].dueMs <= monotonicMs()) {
      pending.shift()?.invalidate()
    }
  }

  function startNext(): void {
    const [next] = pending
    if (next === undefined || isClosed) return
    // Readers on disk do not call catchUp, so a timer has to.
    cancelTimer ??= startTimer(
      () => {
        cancelTimer = undefined
        catchUp()
        startNext()
      },
      Math.max(1, Math.ceil(next.dueMs - monotonicMs())),
    )
  }

  return {
    add(invalidate) {
      pending.push({ dueMs: monotonicMs() + settleMs, invalidate })
      startNext()
    },
    catchUp,
    close() {
      isClosed = true
      cancelTimer?.()
      pending.length = 0
    },
  }
}
