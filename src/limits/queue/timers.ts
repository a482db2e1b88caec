/** Timers that are cleared together. */
export interface Timers {
  after(ms: number, action: () => void): { cancel(): void }
  clear(): void
}

/** The longest that a timer of Node can be set for. */
const LONGEST_MS = 2 ** 31 - 1

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>()
  return {
    after(ms, action) {
      const timer = setTimeout(
        () => {
          running.delete(timer)
          action()
        },
        Math.max(1, Math.min(ms, LONGEST_MS)),
      )
      running.add(timer)
      return {
        cancel() {
          clearTimeout(timer)
          running.delete(timer)
        },
      }
    },
    clear() {
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
  }
}
