/** The call for a batch of lists: which lists it includes, and what its answer proves of each. */

import { cacheKey, parseTarget } from '../cache/index.js'
import type { Purges, ResponseStore, StoredResponse, Target } from '../cache/index.js'
import type { Clock } from '../limits/index.js'
import { discard } from '../server/pipeline/buffer-body.js'
import type { Handler } from '../server/pipeline/layer.js'
import { fetchForCache } from '../server/pipeline/layers/fetch.js'
import type { IntervalsCache } from '../server/pipeline/profiles/intervals.js'
import type { IntervalsRead } from '../server/pipeline/profiles/intervals-reads.js'
import type { CacheProfile } from '../server/pipeline/profiles/profile.js'
import type { ProxyRequest } from '../server/pipeline/request.js'
import type { CallUpstream } from '../server/pipeline/upstream-call.js'
import { combinedList, listedRows } from './batch-comparison.js'
import { batchTarget, filteredListsOf } from './batch-filters.js'
import type { FilteredList } from './batch-filters.js'
import type { Batch, ListBatches } from './list-batches.js'
import { placeOf, renewedBy } from './stored-reads.js'

export interface BatchCallDeps {
  readonly profile: IntervalsCache & CacheProfile<StoredResponse>
  readonly store: Pick<ResponseStore, 'get' | 'set'>
  readonly purges: Pick<Purges, 'count'>
  readonly call: CallUpstream
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly batches: ListBatches<RunningBatch>
  readonly onStoreError: (error: unknown) => undefined
}

export interface RunningBatch extends Batch {
  /** Undefined once it is clear that there are no two lists to revalidate. Never rejects. */
  call: Promise<BatchCall | undefined>
}

export interface BatchCall {
  /** Of the combined list, which is never stored. */
  readonly key: string
  readonly rawTarget: string
  readonly target: Target
  readonly place: string
  readonly list: FilteredList
  readonly lists: readonly ListOfBatch[]
  /** Of the reader's own list. */
  readonly own: Target
}

interface ListOfBatch {
  readonly id: string
  readonly key: string
}

interface BatchRead extends IntervalsRead {
  readonly batch: BatchCall
}

/** Bounds the parsing, which delays other requests. The answer may be twice as long as the stored lists. */
const MAX_BATCH_BYTES = 512 * 1024
/** For rows that were added after the lists were fetched. */
const ADDED_ROWS = 100
/** After a batch that proved less than two lists, and after a failed call. */
const PAUSE_MS = 10 * 60_000

export const batchPlace = (
  { client }: Pick<ProxyRequest, 'client'>,
  read: IntervalsRead,
  { family }: FilteredList,
): string => `${placeOf(client, read)} ${family}`

/** Call it for each read of a list: requests that arrive together show what belongs together. */
export function noteRequested(
  batches: Pick<ListBatches, 'requested'>,
  request: ProxyRequest,
  read: IntervalsRead,
  nowMs: number,
): void {
  for (const list of filteredListsOf(request.target)) {
    batches.requested(batchPlace(request, read, list), list.id, nowMs)
  }
}

export const pauseBatches = (
  { batches, clock }: Pick<BatchCallDeps, 'batches' | 'clock'>,
  place: string,
): void => batches.pause(place, clock.monotonicMs() + PAUSE_MS)

/** Which of these lists are due and short enough. Undefined: fewer than two, or not the one requested. */
export async function prepareCall(
  deps: BatchCallDeps,
  request: ProxyRequest,
  wanted: Pick<BatchCall, 'list' | 'place'> & Batch,
): Promise<BatchCall | undefined> {
  const { share, format, resource } = request.read as IntervalsRead
  const { client, target } = request
  const { list, place } = wanted
  const keyOf = (target: Target): string => cacheKey({ ...client, share, format, target })
  const lists: ListOfBatch[] = []
  let [bytes, rows] = [0, 0]
  for (const id of wanted.ids) {
    const key = keyOf({ ...target, query: withId(target.query, list.filter, id) })
    const stored = await deps.store.get(key)
    const listed = stored?.status === 200 ? listedRows(stored) : undefined
    if (stored === undefined || listed === undefined) continue
    if (id !== list.id && deps.profile.evaluate(request, stored, true).kind === 'hit') continue
    // The combined list has all rows, even if the stored list is one page of them.
    const listBytes = stored.body.length * Math.max(1, listed / list.page.limit)
    if (bytes + listBytes > MAX_BATCH_BYTES) continue
    lists.push({ id, key })
    bytes += listBytes
    rows += listed
  }
  if (lists[0]?.id !== list.id || lists.length < 2) return undefined
  const ids = lists.map(({ id }) => id)
  const rawTarget = batchTarget(resource, list, { ids, limit: rows + ADDED_ROWS })
  const combined = parseTarget(rawTarget)
  if (combined.kind !== 'target') return undefined
  return { key: keyOf(combined), rawTarget, target: combined, place, list, lists, own: target }
}

const withId = (query: readonly string[], filter: string, id: string): readonly string[] =>
  query.map((parameter) => (parameter.startsWith(`${filter}=`) ? `${filter}=${id}` : parameter))

/** The request for the combined list, made on behalf of this one. */
export function batchRequest(request: ProxyRequest, batch: BatchCall): ProxyRequest {
  const { rawTarget, target, key } = batch
  const found = { kind: 'miss', reason: 'request' } as const
  const read: BatchRead = { ...(request.read as IntervalsRead), key, found, batch }
  return { ...request, rawTarget, target, read, interim: undefined }
}

/** Fetches the combined list. Its answer is compared and not kept: only its status and cost are passed on. */
export function fetchBatch(deps: BatchCallDeps): Handler<StoredResponse> {
  const { profile, call, purges, onStoreError } = deps
  const accept: CacheProfile<StoredResponse>['accept'] = async (request, read, fetched) => {
    const { status, cost } = fetched.response
    const made = await profile.entryFrom(request, read as BatchRead, fetched)
    if (made.kind === 'long') discard(made.body)
    const isUsable = made.kind === 'entry' && made.unstorable === undefined
    const combined = isUsable ? made.entry : undefined
    await renewLists(deps, request, combined, fetched.purgeCount).catch(onStoreError)
    const content = { kind: 'bytes', status, headers: [], body: Buffer.alloc(0) } as const
    return { content, outcome: 'request', cacheStatus: { fwdStatus: status, stored: false }, cost }
  }
  return fetchForCache({ profile: { ...profile, accept }, call, purges, sharedFlights: undefined })
}

/** Each list that is unchanged is stored anew, as of the moment when the combined list was fetched. */
async function renewLists(
  deps: BatchCallDeps,
  request: ProxyRequest,
  combined: StoredResponse | undefined,
  purgeCount: number,
): Promise<void> {
  const { profile, store, purges, batches, clock } = deps
  const { batch, resource } = request.read as BatchRead
  const renewed: string[] = []
  if (combined !== undefined && combined.body.length <= 2 * MAX_BATCH_BYTES) {
    const now = combinedList(combined, resource, batch.list)
    for (const { id, key } of now === undefined ? [] : batch.lists) {
      const stored = await store.get(key)
      if (stored === undefined || stored.storedAtMs > combined.storedAtMs) continue
      if (now?.proves(stored, id) !== true) continue
      const entry = renewedBy(combined, stored)
      // From here to the store's memory nothing is awaited, so no write and no purge intervenes.
      if (purges.count() !== purgeCount) return
      if (profile.evaluate(request, entry, true).kind !== 'hit') return
      profile.compared({ target: batch.own }, stored, entry)
      await store.set(key, entry)
      renewed.push(id)
    }
  }
  batches.renewed(batch.place, renewed, clock.monotonicMs())
  if (renewed.length < 2) pauseBatches(deps, batch.place)
}
