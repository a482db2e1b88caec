/** Makes the call for a cacheable read and hands its answer to the cache. */

import type { Lead, Purges, SharedFlights } from '../../../cache/index.js'
import type { Handler } from '../layer.js'
import { outcomeOf, requiresFreshAnswer } from '../profiles/cache-read.js'
import type { CacheRead } from '../profiles/cache-read.js'
import type { CacheProfile } from '../profiles/profile.js'
import type { ProxyRequest } from '../request.js'
import type { CallUpstream } from '../upstream-call.js'
import { fromCache } from './answer-from-cache.js'

export interface FetchDeps<E> {
  readonly profile: CacheProfile<E>
  readonly call: CallUpstream
  readonly purges: Pick<Purges, 'count'>
  /** One call for equal requests at several replicas; undefined where there is one. */
  readonly sharedFlights: SharedFlights | undefined
}

export function fetchForCache<E>({
  profile,
  call,
  purges,
  sharedFlights,
}: FetchDeps<E>): Handler<E> {
  return async (request) => {
    const read = request.read as CacheRead<E>
    if (requiresFreshAnswer(read)) return callOnce(request, read)
    for (;;) {
      // A call that ended between this request's lookup and now has stored what this one would fetch.
      const stored = await profile.lookupAgain(request, read)
      if (stored.kind === 'hit') {
        request.flight?.commit(profile.generation(request))
        return fromCache(read.key, stored)
      }
      const lead = await leadOf(request, read)
      // Another replica has just fetched the same, or failed to.
      if (lead === undefined) continue
      return await callOnce(request, read).finally(() => lead.landed())
    }
  }

  async function leadOf(request: ProxyRequest, { key }: CacheRead<E>): Promise<Lead | undefined> {
    if (sharedFlights === undefined) return { landed: () => {} }
    const { account } = request.client
    return sharedFlights.lead(
      { account, key, generation: profile.generation(request) },
      request.signal,
    )
  }

  async function callOnce(request: ProxyRequest, read: CacheRead<E>) {
    let validated = profile.toValidate(read)
    for (;;) {
      let generation = 0
      let purgeCount = 0
      const response = await call({
        ...request,
        resource: request.target.resource,
        method: 'GET',
        headers: profile.outgoing(request, validated),
        body: null,
        outcome: outcomeOf(read),
        sending: {
          async beforeSend() {
            await profile.caughtUp(request)
            // Read now: a write that ended while this waited in the queue is seen by the call. From here
            // on the call is spent, so it goes on even if every client disconnects.
            generation = profile.generation(request)
            purgeCount = purges.count()
            request.flight?.commit(generation)
          },
        },
      })
      const answer = await profile.accept(request, read, {
        response,
        generation,
        purgeCount,
        validated,
      })
      if (answer !== undefined) return answer
      validated = undefined
    }
  }
}
