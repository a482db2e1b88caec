/**
 * What the cache does not produce: writes, and reads that are not cached. The body is read first, so that
 * a slow client holds no permit, and a request that was refused can be sent again. Then @fastify/http-proxy
 * forwards the request, and the answer is streamed.
 */

import { claimOf } from '../answer.js'
import type { Answer } from '../answer.js'
import type { Handler } from '../layer.js'
import type { CacheProfile } from '../profiles/profile.js'
import type { ProxyRequest } from '../request.js'

export function forward<E>(profile: Pick<CacheProfile<E>, 'forwarding'>): Handler<E> {
  return async (request) => {
    const { bypass } = request
    const { headers, local, passing } = profile.forwarding(request)
    if (local !== undefined) return { ...local, outcome: 'method', cacheStatus: {} }
    const outcome = outcomeOf(request)
    const response = await request.forward({
      ...request,
      resource: request.target.resource,
      headers,
      body: await request.readBody(),
      outcome,
    })
    const { status, headers: received, body, cost } = (await passing?.(response)) ?? response
    return {
      content: { kind: 'stream', status, headers: received, claim: claimOf(body) },
      outcome,
      cacheStatus: bypass?.outcome === 'bypass' ? { detail: bypass.reason } : {},
      cost,
      ...(request.read !== undefined && { key: request.read.key }),
    } satisfies Answer<E>
  }
}

function outcomeOf({ bypass, read }: ProxyRequest) {
  if (bypass !== undefined) return bypass.outcome
  return read?.found.kind === 'miss' ? read.found.reason : 'bypass'
}
