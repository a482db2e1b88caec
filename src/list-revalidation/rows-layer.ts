/** Revalidates a stored row from a current list that has the same row, without a call. See decision 0023. */

import type { Purges, ResponseStore, StoredResponse } from '../cache/index.js'
import type { Clock } from '../limits/index.js'
import type { Layer } from '../server/pipeline/layer.js'
import { fromCache } from '../server/pipeline/layers/answer-from-cache.js'
import type { IntervalsCache } from '../server/pipeline/profiles/intervals.js'
import type { IntervalsRead } from '../server/pipeline/profiles/intervals-reads.js'
import type { CacheRead, Lookup } from '../server/pipeline/profiles/cache-read.js'
import type { ProxyRequest } from '../server/pipeline/request.js'
import { noteRequested } from './batch-call.js'
import type { ListBatches } from './list-batches.js'
import type { ListIndex } from './list-index.js'
import { isOutdated, placeOf, renewedBy } from './stored-reads.js'

export type Keep = (
  request: Pick<ProxyRequest, 'target'>,
  row: {
    readonly key: string
    readonly before: StoredResponse
    readonly entry: StoredResponse
  },
) => void

export interface RowDeps {
  readonly profile: Pick<IntervalsCache, 'find' | 'evaluate'>
  readonly store: Pick<ResponseStore, 'get'>
  /** Stores the row anew, in memory before it returns. */
  readonly keep: Keep
  readonly purges: Pick<Purges, 'count'>
  readonly index: ListIndex
}

export interface RevalidateRowDeps extends RowDeps {
  readonly batches: Pick<ListBatches, 'requested'>
  readonly clock: Pick<Clock, 'monotonicMs'>
}

type Hit = Extract<Lookup<StoredResponse>, { kind: 'hit' }>

/** Between the lookup and the answer from the cache. Also notes requests for lists, hits included. */
export function revalidateRow(deps: RevalidateRowDeps): Layer<StoredResponse> {
  return async (request, next) => {
    const read = request.read as IntervalsRead | undefined
    if (read?.format !== 'json') return next(request)
    if (request.target.id === undefined) {
      noteRequested(deps.batches, request, read, deps.clock.monotonicMs())
      return next(request)
    }
    const found = await revalidatedRow(deps, request, read)
    return next(found === undefined ? request : { ...request, read: { ...read, found } })
  }
}

/** Before a refresh: a row waits for a list that is being fetched, which may prove it. */
export function awaitList(deps: RowDeps): Layer<StoredResponse> {
  return async (request, next) => {
    const read = request.read as IntervalsRead | undefined
    if (read === undefined || request.target.id === undefined) return next(request)
    const fetched = deps.index.untilFetched(placeOf(request.client, read))
    if (fetched === undefined) return next(request)
    // Ends with the call for the list, which has a deadline of its own.
    await fetched
    const found = await revalidatedRow(deps, request, read)
    return found === undefined ? next(request) : fromCache(read.key, found)
  }
}

/** What `revalidateRow` would find, without storing it. */
export function peekRow(deps: Omit<RowDeps, 'keep'>) {
  const withoutStoring = { ...deps, keep: () => {} }
  return async (request: ProxyRequest, read: CacheRead<StoredResponse>) => {
    const found = await revalidatedRow(withoutStoring, request, read as IntervalsRead)
    return found === undefined ? read : { ...read, found }
  }
}

/** The row as it is stored anew. Undefined: no list proves it, or the request wants a younger answer. */
async function revalidatedRow(
  { profile, store, keep, purges, index }: RowDeps,
  request: ProxyRequest,
  read: IntervalsRead,
): Promise<Hit | undefined> {
  const { id, query } = request.target
  if (id === undefined || query.length > 0 || !isOutdated(read)) return undefined
  const purgeCount = purges.count()
  const keys = index.keys(placeOf(request.client, read), purgeCount)
  const stored = keys.length === 0 ? undefined : await store.get(read.key)
  if (stored === undefined) return undefined
  for (const key of keys) {
    const list = await profile.find(request, key, true)
    if (list.kind !== 'hit' || list.entry.storedAtMs < stored.storedAtMs) continue
    if (!index.proves(list.entry, stored, { resource: read.resource, id })) continue
    const entry = renewedBy(list.entry, stored)
    const found = profile.evaluate(request, entry)
    // From the evaluation to the store's memory nothing is awaited, so no write and no purge intervenes.
    if (found.kind !== 'hit' || purges.count() !== purgeCount) return undefined
    keep(request, { key: read.key, before: stored, entry })
    return found
  }
  return undefined
}
