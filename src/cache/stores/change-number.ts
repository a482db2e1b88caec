/**
 * A number that no two states of the file have in common: who reads it knows whether anything has
 * changed since, and needs to look no further if not. Every change writes a new one as its last record
 * or in its own transaction, so it is never ahead of what it stands for.
 */

import type { Database } from 'lmdb'

export const CHANGES = 'changes'

export interface Changes {
  /** Behind the puts of a change, in the same turn; resolves when other processes see all of them. */
  note(): Promise<boolean>
  /** Inside of a transaction. */
  noteSync(): void
}

export function createChanges(meta: Database<number | string, string>): Changes {
  // Goes on from what is there: a reader that outlives a process must not meet a number again.
  let last = Number(meta.get(CHANGES) ?? 0)
  return {
    note: () => meta.put(CHANGES, ++last),
    noteSync() {
      meta.putSync(CHANGES, ++last)
    },
  }
}
