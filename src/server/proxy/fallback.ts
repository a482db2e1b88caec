/** What is served in the place of an answer that could not be had. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Lookup } from '../../cache/index.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'
import type { FillRequest } from './fill.js'
import { joinPatiently, OUT_OF_PATIENCE } from './join-fill.js'
import type { JoinedFill } from './join-fill.js'
import type { CachedRead } from './read.js'
import { refreshBehind } from './refresh-behind.js'
import { sendStored } from './send.js'
import { isUpstreams, REFUSED } from './upstreams.js'

/** What is stored and was not wanted, or is late, but is better than no answer. */
export interface Fallback {
  readonly fallback: NonNullable<ReturnType<typeof fallbackOf>>
  readonly outcome: 'served-on-refusal' | 'served-on-error'
  readonly fwdStatus?: number
}

/** How long a reader stands in line for a newer answer than the one it would get otherwise. */
export const LATE_WAIT_MS = 2_000

/** Past the time for which it is served at once. */
export const lateOf = ({ found }: Pick<CachedRead, 'found'>) =>
  found.kind === 'miss' && found.reason === 'stale' ? found.fallback : undefined

export const fallbackOf = ({ found }: CachedRead) =>
  found.kind === 'miss' ? found.fallback : undefined

export const patienceMsOf = (read: CachedRead): number =>
  lateOf(read) === undefined ? Infinity : LATE_WAIT_MS

/** No newer one was to be had: for a while others are served the late one without a try. */
export function noteLate({ refreshCooldown }: Services, read: CachedRead): void {
  if (lateOf(read) !== undefined) refreshCooldown.set(read.key, true)
}

/** What was found; late, and none newer to be had a moment ago, it is stale like any other. */
export function foundAfterFailures(
  { refreshCooldown }: Pick<Services, 'refreshCooldown'>,
  read: Pick<CachedRead, 'key' | 'found'>,
): Lookup {
  const late = lateOf(read)
  const isServed = late !== undefined && refreshCooldown.has(read.key)
  return isServed ? { kind: 'stale', ...late } : read.found
}

export async function joinWithFallback(
  services: Services,
  request: FastifyRequest,
  fillRequest: FillRequest,
  { read, signal }: { read: CachedRead; signal: AbortSignal },
): Promise<JoinedFill | Fallback> {
  try {
    return await joinPatiently(services, fillRequest, signal)
  } catch (error) {
    const fallback = fallbackOf(read)
    if (fallback === undefined || !(error instanceof ProblemError) || error.status < 429)
      throw error
    const outcome = REFUSED.has(error.code) ? 'served-on-refusal' : 'served-on-error'
    // Before the cool-down, which it respects.
    if (lateOf(read) !== undefined && OUT_OF_PATIENCE.has(error.code))
      refreshBehind(services, request, { exchange: fillRequest.exchange, read })
    noteLate(services, read)
    if (isUpstreams(error)) request.log.warn({ err: error }, 'answered with what is stored')
    return { fallback, outcome }
  }
}

export function sendFallback(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    exchange,
    read,
    fallback,
    outcome,
    fwdStatus,
  }: Fallback & { exchange: ProxyExchange; read: CachedRead },
): void {
  // Nobody asked for a younger one: it was its age that sent the request on.
  const isForAge = lateOf(read) !== undefined && outcome === 'served-on-error'
  exchange.outcome = isForAge ? 'stale' : outcome
  exchange.cacheStatus = {
    ...(isForAge && { detail: outcome }),
    ttlSeconds: fallback.ttlSeconds,
    ...(fwdStatus !== undefined && { fwdStatus }),
  }
  const nowMs = services.deps.clock.wallMs()
  sendStored(request, reply, { entry: fallback.entry, nowMs, isFromCache: true })
}
