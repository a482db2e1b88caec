/** Which requests a worker answers itself: those with a current cache entry, from known clients. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { ProblemError } from '../server/errors/problems.js'
import { arrived } from '../server/pipeline/arrival.js'
import { fromCache } from '../server/pipeline/layers/answer-from-cache.js'
import type { Handled } from '../server/pipeline/plugin.js'
import { classifyIntervals } from '../server/pipeline/profiles/intervals.js'
import type { ProxyRequest } from '../server/pipeline/request.js'
import type { WorkerServices } from './worker-services.js'

/** Of the requests for a stale answer, one in this time goes to the primary, which refreshes it. */
const STALE_PASSES_EVERY_MS = 1_000

export type HitResolver = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<Handled | undefined>

/** Resolves to undefined where the primary has to answer. */
export function createHitResolver({
  runtime,
  authentication,
  fastPath,
  metrics,
  clock,
}: WorkerServices): HitResolver {
  const { cache, credentials, isInformed } = fastPath
  const passedStale = new LRUCache<string, true>({ max: 10_000, ttl: STALE_PASSES_EVERY_MS })
  const arrival = {
    authentication,
    clock,
    traceOf: undefined,
    knowsResources: true,
    maxWaitMs: () => 0,
    // The primary makes the calls, and notices loops.
    via: { of: () => '' },
    classify: classifyIntervals(() => runtime.policies),
  }

  /** Undefined for unknown clients and ambiguous requests: the primary tells them, and logs it once. */
  function arrivalOf(request: FastifyRequest, reply: FastifyReply): ProxyRequest | undefined {
    if (runtime.clients.identify(request.headers, clock.wallMs()).kind === 'stranger')
      return undefined
    try {
      return arrived(arrival, request, reply, NOTHING_BEHIND)
    } catch (error) {
      if (error instanceof ProblemError) return undefined
      throw error
    }
  }

  return async (raw, reply) => {
    const { method, url = '' } = raw.raw
    if ((method !== 'GET' && method !== 'HEAD') || url.startsWith('/-/') || !isInformed())
      return undefined
    const request = arrivalOf(raw, reply)
    if (request === undefined || request.bypass !== undefined) return undefined
    if (credentials.closedForMs(request.client.principal.id) !== undefined) return undefined
    const { key, found } = await cache.lookup(request)
    if (found.kind === 'miss') return undefined
    if (found.kind === 'stale') {
      if (!passedStale.has(key)) {
        passedStale.set(key, true)
        return undefined
      }
      // The primary refreshes on behalf of the request that was passed on.
      metrics.savedCalls.add('stale')
    }
    return { request, answer: fromCache(key, found) }
  }
}

const NOTHING_BEHIND = {
  readBody: async () => null,
  forward: () => Promise.reject(new Error('a worker makes no calls')),
  interim: undefined,
}
