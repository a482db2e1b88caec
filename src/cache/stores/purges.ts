/** Purging by hand: what is stored, and what is on its way to be stored. */

import type { PurgeSelection, ResponseStore } from './store.js'

export interface Purges {
  /**
   * Rises with each purge, before it begins. An answer that was asked for under a lower count may be what
   * the purge was meant to drop: it is not stored, and nobody who asks after the purge waits for it. The
   * selection is not looked at: a purge is rare, and one call too many is cheaper than an old answer.
   */
  count(): number
  /** Another replica purged: here, too, what was asked for before counts as old. */
  heard(selection: PurgeSelection): void
  /** Resolves to how many stored answers it met. */
  purge(selection: PurgeSelection): Promise<number>
}

export function createPurges(
  store: Pick<ResponseStore, 'purge'>,
  others: {
    /** Resolves when all replicas know. */
    readonly announce?: (selection: PurgeSelection) => Promise<void>
    /** What of the store is this replica's alone. By default all of it. */
    readonly memory?: Pick<ResponseStore, 'purge'>
  } = {},
): Purges {
  const { announce, memory = store } = others
  let count = 0
  return {
    count: () => count,
    heard(selection) {
      count++
      // In memory that is done at once, before anybody can ask.
      void memory.purge(selection)
    },
    async purge(selection) {
      count++
      await announce?.(selection)
      return store.purge(selection)
    },
  }
}
