/** What a cache that several replicas share has to offer; without one, each process decides for itself. */

import type { Writes } from './invalidation/writes.js'
import type { PurgeSelection } from './stores/store.js'

/** The writes of all replicas: an invalidation by one is seen by the others. */
export interface SharedWrites extends Writes {
  /** Purges at all replicas, this one included. */
  purge(account: string, selection: PurgeSelection): Promise<void>
  /** The other replicas cannot be asked just now; hits continue with what is known. */
  isUnverified(): boolean
  close(): void
}

export interface Lead {
  /** The fetched answer is stored, or there is nothing to store: waiting replicas look again. */
  landed(): void
}

/** One call for equal requests at several replicas. */
export interface SharedFlights {
  /**
   * Resolves to the lead, or to undefined once another replica's flight of the same request has settled or
   * was lost. When the other replicas cannot be reached, every replica leads. Rejects with the signal's
   * reason.
   */
  lead(
    flight: { readonly account: string; readonly key: string; readonly generation: number },
    signal: AbortSignal,
  ): Promise<Lead | undefined>
  /** Leases held by this replica. */
  size(): number
  close(): void
}
