/** Lets a test wait until a count is reached, without sleeping. */
export interface CountWatch {
  /** Resolves when the count is at least this. Rejects when the simulator closes first. */
  until(count: number): Promise<void>
  /** The count may have changed. */
  notice(): void
  close(): void
}

export function createCountWatch(current: () => number): CountWatch {
  const waiting = new Set<{ count: number; resolve: () => void; reject: (error: Error) => void }>()
  const notice = (): void => {
    for (const waiter of waiting) {
      if (current() < waiter.count) continue
      waiting.delete(waiter)
      waiter.resolve()
    }
  }
  return {
    until: (count) =>
      new Promise((resolve, reject) => {
        waiting.add({ count, resolve, reject })
        notice()
      }),
    notice,
    close() {
      for (const { reject } of waiting) reject(new Error('The simulator was closed'))
      waiting.clear()
    },
  }
}
