/** What each consumer was charged, by day: one account's. Bounded. */

/** Stands for consumers beyond the bound. No consumer can have such a name. */
export const OTHERS = '(others)'
/** Stands for who spent what nobody remembers, such as the second before a crash. */
export const UNKNOWN = '(unknown)'

/** Consumers a day that are counted by name; those with a share always are. */
const MAX_CONSUMERS = 1_000

export class ConsumerCounts {
  readonly #days = new Map<string, Map<string, number>>()

  /** `isListed`: it has a share, so it is counted by name whatever the bound. */
  add(
    day: string,
    { consumer, isListed }: { readonly consumer: string; readonly isListed: boolean },
    change: number,
  ): void {
    let counts = this.#days.get(day)
    if (counts === undefined) {
      counts = new Map()
      this.#days.set(day, counts)
    }
    const mayEnter = counts.has(consumer) || isListed || counts.size < MAX_CONSUMERS
    const name = mayEnter ? consumer : OTHERS
    counts.set(name, Math.max(0, (counts.get(name) ?? 0) + change))
  }

  of(day: string, consumer: string): number {
    return this.#days.get(day)?.get(consumer) ?? 0
  }

  ofDay(day: string): ReadonlyMap<string, number> {
    return this.#days.get(day) ?? new Map()
  }

  forget(day: string): void {
    this.#days.delete(day)
  }
}
