/**
 * List revalidation: a list that was fetched anyway proves that its stored rows, or several similar stored
 * lists, are unchanged, so that they need no call of their own. Bodies are compared, never made. The only
 * entry point of this folder; without it the pipeline makes those calls.
 */

import type { StoredResponse } from '../cache/index.js'
import type { InstalledFeatures } from '../server/pipeline/cache-parts.js'
import type { ListRevalidationCore } from '../server/ports/pipeline-features.js'
import type { RunningBatch } from './batch-call.js'
import { revalidateByBatch } from './batch-layer.js'
import { createListBatches } from './list-batches.js'
import { createListIndex } from './list-index.js'
import { awaitList, peekRow, revalidateRow } from './rows-layer.js'
import type { Keep } from './rows-layer.js'
import { watchLists } from './watch-layer.js'

export function installListRevalidation({
  log,
  ...given
}: ListRevalidationCore): InstalledFeatures<StoredResponse> {
  const { store } = given
  const onStoreError = (error: unknown): undefined => {
    log.error({ err: error }, 'could not store what a list has shown to be unchanged')
  }
  const keep: Keep = (request, { key, before, entry }) => {
    given.profile.compared(request, before, entry)
    void store.set(key, entry).catch(onStoreError)
  }
  const batches = createListBatches<RunningBatch>()
  const deps = { ...given, onStoreError, keep, batches, index: createListIndex() }
  const byBatch = revalidateByBatch(deps)
  return {
    layers: {
      beforeAnswer: [revalidateRow(deps)],
      beforeCall: [byBatch],
      beforeRefresh: [awaitList(deps), byBatch],
      aroundFetch: [watchLists(deps)],
    },
    peek: peekRow(deps),
  }
}
