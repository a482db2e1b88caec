/** Tells the index which lists are being fetched, and which were stored. */

import type { Purges, StoredResponse } from '../cache/index.js'
import type { Layer } from '../server/pipeline/layer.js'
import type { IntervalsRead } from '../server/pipeline/profiles/intervals-reads.js'
import type { ListIndex } from './list-index.js'
import { placeOf } from './stored-reads.js'

export interface WatchDeps {
  readonly purges: Pick<Purges, 'count'>
  readonly index: Pick<ListIndex, 'fetching' | 'note'>
}

/** Around the call whose answer is stored. */
export function watchLists({ purges, index }: WatchDeps): Layer<StoredResponse> {
  return async (request, next) => {
    const read = request.read as IntervalsRead | undefined
    if (read?.format !== 'json' || request.target.id !== undefined) return next(request)
    const place = placeOf(request.client, read)
    const purgeCount = purges.count()
    // Noted before the fetch counts as ended, so that rows that wait for it find the list.
    const fetched = next(request).then((answer) => {
      const isStored = answer.cacheStatus.stored === true && purges.count() === purgeCount
      if (isStored) index.note(place, read.key, purgeCount)
      return answer
    })
    index.fetching(place, fetched)
    return fetched
  }
}
