/** Lets a test wait for an arrival without sleeping. */
export interface ArrivalWatch {
  /** Resolves after this many arrivals. Rejects when the simulator closes first. */
  until(total: number): Promise<void>
  notice(): void
  close(): void
}

export function createArrivalWatch(total: () => number): ArrivalWatch {
  const waiting = new Set<{ total: number; resolve: () => void; reject: (error: Error) => void }>()
  const notice = (): void => {
    for (const waiter of waiting) {
      if (total() < waiter.total) continue
      waiting.delete(waiter)
      waiter.resolve()
    }
  }
  return {
    until: (wanted) =>
      new Promise((resolve, reject) => {
        waiting.add({ total: wanted, resolve, reject })
        notice()
      }),
    notice,
    close() {
      for (const { reject } of waiting) reject(new Error('The simulator was closed'))
      waiting.clear()
    },
  }
}
