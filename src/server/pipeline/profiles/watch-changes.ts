/** Tells src/freshness what comparisons of old and new answers show about how often they change. */

import type { Policies, StoredResponse } from '../../../cache/index.js'
import type { Freshness } from '../../../freshness/index.js'
import type { ProxyRequest } from '../request.js'
import { outcomeOf, previousOf } from './cache-read.js'
import { resourceOf } from './intervals-reads.js'
import type { IntervalsRead } from './intervals-reads.js'

export interface ChangeWatch {
  /** A call replaced what the read had found by this entry. */
  readonly refetched: (
    request: Pick<ProxyRequest, 'target'>,
    read: IntervalsRead,
    entry: StoredResponse,
  ) => void
  /** A newer entry for this target was compared with the one before, byte for byte or row by row. */
  readonly compared: (
    request: Pick<ProxyRequest, 'target'>,
    before: StoredResponse,
    after: StoredResponse,
  ) => void
}

export function watchChanges({
  freshness,
  policies,
}: {
  readonly freshness?: Pick<Freshness, 'looked' | 'fetched'> | undefined
  readonly policies: () => Policies
}): ChangeWatch {
  const compared: ChangeWatch['compared'] = ({ target }, before, after) => {
    // A write in between may have made the difference.
    if (before.generation !== after.generation) return
    freshness?.looked(before, after, target, policies()[resourceOf({ target })])
  }
  return {
    compared,
    refetched(request, read, entry) {
      const previous = previousOf(read)
      if (previous === undefined) return
      compared(request, previous, entry)
      if (outcomeOf(read) !== 'stale') return
      freshness?.fetched(previous, policies()[resourceOf(request)], entry.storedAtMs)
    },
  }
}
