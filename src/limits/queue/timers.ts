/** Timers that are cleared together, and one sleep at a time that can be cut short. */

/** The longest that a timer of Node can be set for. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

export class Timers {
  readonly #running = new Set<NodeJS.Timeout>()
  #wake = (): void => {}

  after(ms: number, action: () => void): { cancel(): void } {
    const timer = setTimeout(
      () => {
        this.#running.delete(timer)
        action()
      },
      Math.max(1, Math.min(ms, LONGEST_TIMER_MS)),
    )
    this.#running.add(timer)
    return {
      cancel: () => {
        clearTimeout(timer)
        this.#running.delete(timer)
      },
    }
  }

  /** Resolves after this time, or with the next `wake`. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.after(ms, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  wake(): void {
    this.#wake()
  }

  clear(): void {
    this.#wake()
    for (const timer of this.#running) clearTimeout(timer)
    this.#running.clear()
  }
}
