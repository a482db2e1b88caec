/** What several replicas share, in the place of a data directory; src/redis implements it. */

import type {
  PurgeSelection,
  ResponseStore,
  SharedFlights,
  SharedWrites,
} from '../../cache/index.js'
import type { Ledger, LedgerOptions } from '../../limits/index.js'
import type { KeyRecords } from './key-records.js'

export interface SharedState {
  /**
   * The key for the hashes of credentials, the same at all replicas.
   *
   * @throws ProblemError LEDGER_UNAVAILABLE while it cannot be known yet
   */
  readonly secret: () => Uint8Array
  createLedger(options: Pick<LedgerOptions, 'window' | 'day' | 'sendWithinMs' | 'onSpent'>): Ledger
  /** `onPurge` without a selection: another replica purged so much that everything has to go. */
  createWrites(onPurge: (selection: PurgeSelection | undefined) => void): SharedWrites
  readonly store: ResponseStore
  readonly flights: SharedFlights
  readonly idempotency: { readonly records: KeyRecords; readonly inDoubtUntilMs: () => number }
  /** Purges at all replicas. */
  announce(writes: SharedWrites, selection: PurgeSelection): Promise<void>
  close(): Promise<void>
}
