/**
 * Revalidates lists that differ in one id and are requested together: one combined list shows which of
 * them are unchanged, for the price of the first. See decision 0025.
 */

import { createFlights } from '../cache/index.js'
import type { StoredResponse } from '../cache/index.js'
import type { Layer } from '../server/pipeline/layer.js'
import { fromCache } from '../server/pipeline/layers/answer-from-cache.js'
import { joinPatiently } from '../server/pipeline/layers/coalesce.js'
import type { SharedAnswer } from '../server/pipeline/layers/coalesce.js'
import { isOwnRefusal } from '../server/errors/own-refusals.js'
import type { IntervalsRead } from '../server/pipeline/profiles/intervals-reads.js'
import { AbandonedError } from '../server/pipeline/abandoned.js'
import type { ProxyRequest } from '../server/pipeline/request.js'
import { CallFailedError, problemIn } from '../server/pipeline/upstream-call.js'
import type { CallCost } from '../server/pipeline/upstream-types.js'
import { batchPlace, batchRequest, fetchBatch, pauseBatches, prepareCall } from './batch-call.js'
import type { BatchCall, BatchCallDeps, RunningBatch } from './batch-call.js'
import { filteredListsOf } from './batch-filters.js'
import type { FilteredList } from './batch-filters.js'
import { isOutdated } from './stored-reads.js'

/** Before a call of a reader's own, or of a refresh. */
export function revalidateByBatch(deps: BatchCallDeps): Layer<StoredResponse> {
  const { profile, batches, clock, purges } = deps
  const shared = {
    profile,
    flights: createFlights<SharedAnswer<StoredResponse>>(),
    fetch: fetchBatch(deps),
    // A refusal is not passed on: the request makes its own call then.
    forecastMs: () => 0,
    nowMs: () => clock.monotonicMs(),
    roundTripsMs: 0,
  }

  return async (request, next) => {
    const read = request.read as IntervalsRead | undefined
    const joined = mayUseBatch(request, read) ? await joinBatch(deps, request, read) : undefined
    if (joined === undefined || read === undefined) return next(request)
    const { call, own, id } = joined
    const { found } = read
    let cost: CallCost | undefined
    const late = lateness(request, clock.monotonicMs())
    try {
      // A request that arrives after a purge does not wait for a call that was made before it.
      const key = `${purges.count()} ${call.key}`
      const fetched = await joinPatiently(shared, batchRequest(late.request, call), key)
      const isLeader = fetched?.isOwn === true
      if (isLeader) cost = fetched.answer.cost
      const renewed = await profile.find(request, read.key)
      if (renewed.kind === 'hit') {
        const { ttlSeconds } = renewed
        const outcome = found.kind === 'miss' ? found.reason : 'stale'
        const cacheStatus = { fwdStatus: 200, stored: true, collapsed: !isLeader, ttlSeconds }
        return { ...fromCache(read.key, renewed), outcome, cacheStatus, cost }
      }
      batches.missed(call.place, id, clock.monotonicMs())
    } catch (error) {
      const problem = problemIn(error)
      const hasFailed = problem !== undefined && problem.status >= 500 && !isOwnRefusal(problem)
      if (hasFailed) pauseBatches(deps, call.place)
      else batches.missed(call.place, id, clock.monotonicMs())
      if (error instanceof CallFailedError) cost = error.cost
      request.log.debug({ err: error }, 'could not fetch a combined list')
    } finally {
      late.clear()
      if (own !== undefined) batches.ended(call.place, own)
    }
    const answer = await next(request)
    return { ...answer, cost: answer.cost ?? cost }
  }
}

/** A combined list that takes longer than this is late, milliseconds. */
const LATE_MS = 2_000

/**
 * The request as it waits for a combined list: for half of the time that it may wait at most, so that
 * enough is left for a call of its own. A combined list that is late but was sent goes on without it.
 */
function lateness(request: ProxyRequest, nowMs: number) {
  const waitMs = Math.min(LATE_MS, Math.max(0, request.deadlineMs - nowMs) / 2)
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(new AbandonedError('the combined list is late'))
  }, waitMs)
  return {
    request: {
      ...request,
      deadlineMs: nowMs + waitMs,
      signal: AbortSignal.any([request.signal, controller.signal]),
    },
    clear: () => clearTimeout(timer),
  }
}

/** A request that needs a fresh answer gets one; a list that was never stored cannot be proven. */
function mayUseBatch(
  { method, directives }: ProxyRequest,
  read: IntervalsRead | undefined,
): read is IntervalsRead {
  return (
    read !== undefined &&
    method === 'GET' &&
    isOutdated(read) &&
    !directives.noCache &&
    directives.maxAgeSeconds !== 0
  )
}

interface Joined {
  readonly call: BatchCall
  /** Of the request's own list. */
  readonly id: string
  /** The batch, if this request began it and has to end it. */
  readonly own?: RunningBatch
}

async function joinBatch(
  deps: BatchCallDeps,
  request: ProxyRequest,
  read: IntervalsRead,
): Promise<Joined | undefined> {
  for (const list of filteredListsOf(request.target)) {
    const joined = await batchOf(deps, request, list, batchPlace(request, read, list))
    if (joined !== undefined) return joined
  }
  return undefined
}

/** The batch in progress that includes this list, or a new one. Undefined: no other list is due with it. */
async function batchOf(
  deps: BatchCallDeps,
  request: ProxyRequest,
  list: FilteredList,
  place: string,
): Promise<Joined | undefined> {
  const { batches, clock, onStoreError } = deps
  // Twice at most: a batch that is being prepared may turn out to have no room for this list.
  for (let tries = 0; tries < 2; tries++) {
    const running = batches.running(place, list.id)
    if (running === undefined) break
    const call = await running.call
    if (running.ids.includes(list.id)) return call && { call, id: list.id }
  }
  const ids = [list.id, ...batches.requestedTogether(place, list.id, clock.monotonicMs())]
  if (ids.length < 2) return undefined
  const own: RunningBatch = { ids, call: Promise.resolve(undefined) }
  batches.begin(place, own)
  own.call = prepareCall(deps, request, { list, place, ids }).then((call) => {
    own.ids = call?.lists.map(({ id }) => id) ?? [list.id]
    return call
  }, onStoreError)
  const call = await own.call
  if (call !== undefined) return { call, own, id: list.id }
  batches.ended(place, own)
  return undefined
}
