/** Whether a worker answers a request itself: only what is stored, current, and no question of rights. */

import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { ProxyExchange } from '../server/proxy/exchange.js'
import { exchangeOf } from '../server/proxy/exchange-of.js'
import { look } from '../server/proxy/read.js'
import type { CachedRead } from '../server/proxy/read.js'
import { ProblemError } from '../server/errors/problems.js'
import type { WorkerServices } from './worker-services.js'

export interface Found {
  readonly exchange: ProxyExchange
  readonly read: CachedRead
  /** Of that read. */
  readonly found: Exclude<CachedRead['found'], { kind: 'miss' }>
}

/** Of the requests for a stale answer one in this time goes to the primary, which refreshes it. */
const STALE_PASSES_EVERY_MS = 1_000

/** Resolves to undefined: it is the primary's to answer. */
export function createAnswers(
  services: WorkerServices,
): (request: FastifyRequest) => Promise<Found | undefined> {
  const passedStale = new LRUCache<string, true>({ max: 10_000, ttl: STALE_PASSES_EVERY_MS })

  return async (request) => {
    const { method, url = '' } = request.raw
    if ((method !== 'GET' && method !== 'HEAD') || url.startsWith('/-/')) return undefined
    if (!services.isInformed()) return undefined
    const exchange = knownExchange(services, request)
    if (exchange === undefined || services.isRefused(exchange.principal.id)) return undefined
    const { cacheability } = exchange
    if (!cacheability.cacheable) return undefined
    const read = await look(services, request, { ...exchange, cacheability })
    const { key, found } = read
    if (found.kind === 'miss') return undefined
    if (found.kind === 'stale' && !passedStale.has(key)) {
      passedStale.set(key, true)
      return undefined
    }
    // The refresh is that of the one that was passed on.
    if (found.kind === 'stale') services.metrics.savedCalls.inc({ cause: 'stale' })
    exchange.key = key
    return { exchange, read, found }
  }
}

/** Undefined for unauthenticated and ambiguous requests, which the primary refuses. */
function knownExchange(
  services: WorkerServices,
  request: FastifyRequest,
): ProxyExchange | undefined {
  const nowMs = services.deps.clock.wallMs()
  // Asked first, since a stranger leaves a line in the log: one of the primary's is enough.
  if (services.gateway.identify(request.headers, nowMs).kind === 'stranger') return undefined
  try {
    return exchangeOf(services, request)
  } catch (error) {
    if (error instanceof ProblemError) return undefined
    throw error
  }
}
