/** Purging by hand: what is stored, and what is on its way to be stored. */

import type { PurgeSelection, ResponseStore } from './store.js'

export interface Purges {
  /**
   * Rises with each purge, before it begins. An answer that was asked for under a lower count may be what
   * the purge was meant to drop: it is not stored, and nobody who asks after the purge waits for it. The
   * selection is not looked at: a purge is rare, and one call too many is cheaper than an old answer.
   */
  count(): number
  /** Resolves to how many stored answers it met. */
  purge(selection: PurgeSelection): Promise<number>
}

export function createPurges(store: Pick<ResponseStore, 'purge'>): Purges {
  let count = 0
  return {
    count: () => count,
    purge(selection) {
      count++
      return store.purge(selection)
    },
  }
}
