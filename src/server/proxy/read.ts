/** Cached reads: what is stored, what is on its way, or a fill that others may join. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { cacheKey, lookup, requestDirectives, ttlSeconds } from '../../cache/index.js'
import type { Cacheability, Format, Lookup, ResourceName, Share } from '../../cache/index.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'
import {
  fallbackOf,
  foundAfterFailures,
  joinWithFallback,
  noteLate,
  patienceMsOf,
  sendFallback,
} from './fallback.js'
import type { FillRequest } from './fill.js'
import type { OversizedAnswer } from './oversized.js'
import { fillRequestOf, joinPatiently } from './join-fill.js'
import { provenJointly } from './proven-jointly.js'
import { refreshBehind } from './refresh-behind.js'
import { sendStored } from './send.js'
import { sendStream } from './send-stream.js'

/** What the cache knows of a request that may be answered from it. */
export interface CachedRead {
  readonly key: string
  readonly share: Share
  readonly resource: ResourceName
  readonly format: Format
  readonly found: Lookup
}

/** What a look into the cache needs of the services; a process that only answers hits has no more. */
export interface Reading extends Pick<Services, 'policies'> {
  readonly deps: Pick<Services['deps'], 'clock'>
  readonly store: Pick<Services['store'], 'get'>
  readonly generations: Pick<Services['generations'], 'isCurrent'>
  readonly writes: Pick<Services['writes'], 'caughtUp'>
  readonly accepted: Pick<Services['accepted'], 'has'>
  readonly revoked: Pick<Services['revoked'], 'get'>
}

export async function look(
  services: Reading,
  request: Pick<FastifyRequest, 'headers'>,
  exchange: Pick<ProxyExchange, 'account' | 'principal' | 'target' | 'floorMs'> & {
    readonly cacheability: Extract<Cacheability, { cacheable: true }>
  },
): Promise<CachedRead> {
  const { account, principal, target } = exchange
  const { resource, format } = exchange.cacheability
  const { accepted, policies } = services
  // What another credential fetched is for those only whom the upstream has let in lately.
  const mayShare = policies[resource].share === 'account' && accepted.has(principal.id)
  const share = mayShare ? 'account' : 'credential'
  const key = cacheKey({ account, principal, share, format, target })
  const behind = services.writes.caughtUp(account)
  if (behind !== undefined) await behind
  const found = await lookup({
    store: services.store,
    generations: services.generations,
    key,
    account,
    resource,
    policy: policies[resource],
    directives: requestDirectives(request.headers),
    nowMs: services.deps.clock.wallMs(),
    floorSeconds: exchange.floorMs / 1_000,
  })
  return { key, share, resource, format, found: asSeenBy(services, principal.id, found) }
}

/** What was fetched before the upstream refused this token is not for it any more. */
function asSeenBy(services: Reading, principalId: string, found: Lookup): Lookup {
  const refusedAtMs = services.revoked.get(principalId)
  const entry = found.kind === 'miss' ? found.fallback?.entry : found.entry
  if (refusedAtMs === undefined || entry === undefined || entry.storedAtMs > refusedAtMs)
    return found
  return { kind: 'miss', reason: 'uri-miss' }
}

/**
 * Answers from the store if it can, and says whether; a stale answer starts one refresh behind.
 *
 * A reply must not be returned through a promise: it is a thenable that resolves to nothing.
 */
export function answerStored(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, read }: { exchange: ProxyExchange; read: CachedRead },
): boolean {
  const found = foundAfterFailures(services, read)
  if (found.kind === 'miss') {
    exchange.outcome = found.reason
    if (requestDirectives(request.headers).onlyIfCached) throw new ProblemError('NOT_STORED')
    return false
  }
  if (found.kind === 'stale') refreshBehind(services, request, { exchange, read })
  answerFound(services, request, reply, { exchange, found })
  return true
}

export function answerFound(
  { deps }: Pick<Reading, 'deps'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, found }: { exchange: ProxyExchange; found: Exclude<Lookup, { kind: 'miss' }> },
): void {
  exchange.outcome = found.kind === 'hit' ? 'hit' : 'stale-while-revalidate'
  exchange.cacheStatus = { ttlSeconds: found.ttlSeconds }
  sendStored(request, reply, { entry: found.entry, nowMs: deps.clock.wallMs(), isFromCache: true })
}

/** Fetches what was not there, once for all who ask for the same. False: ask for yourself. */
export async function answerFetched(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, read, signal }: { exchange: ProxyExchange; read: CachedRead; signal: AbortSignal },
): Promise<boolean> {
  if (services.oversized.has(read.key)) return false
  const { clock } = services.deps
  const deadlineMs = clock.monotonicMs() + Math.min(exchange.maxWaitMs, patienceMsOf(read))
  const fillRequest = fillRequestOf(request, { exchange, read, deadlineMs })
  const join = (wanted: FillRequest) => joinPatiently(services, wanted, signal)
  const jointly = await provenJointly(services, fillRequest, { read, join })
  if (jointly !== undefined) {
    exchange.cacheStatus = { fwdStatus: 200, stored: true, collapsed: !jointly.led }
    exchange.cacheStatus = { ...exchange.cacheStatus, ttlSeconds: jointly.found.ttlSeconds }
    const { entry } = jointly.found
    sendStored(request, reply, { entry, nowMs: clock.wallMs(), isFromCache: true })
    return true
  }
  const joined = await joinWithFallback(services, request, fillRequest, { read, signal })
  if ('fallback' in joined) {
    sendFallback(services, request, reply, { exchange, read, ...joined })
    return true
  }
  const { value, led } = joined
  if (value === undefined) return false
  exchange.cacheStatus = { collapsed: !led }
  if (value.kind === 'oversized') {
    const answer = value.claim()
    if (answer === undefined) return false
    sendOversized(request, reply, { exchange, answer })
    return true
  }
  const { entry, unstorable, fetchedBy, setCookie, wasStored } = value
  // Somebody who insists may have joined somebody who did not.
  if (wasStored && fillRequest.insists) return false
  if (wasStored) {
    const nowMs = clock.wallMs()
    exchange.outcome = 'hit'
    exchange.cacheStatus = { ttlSeconds: ttlSeconds(entry, nowMs) }
    sendStored(request, reply, { entry, nowMs, isFromCache: true })
    return true
  }
  // Nothing that was not kept for all of the account may reach another credential of it.
  if (unstorable !== undefined && fetchedBy !== exchange.principal.id) return false
  const fallback = fallbackOf(read)
  if (entry.status >= 500 && fallback !== undefined) {
    const outcome = 'served-on-error'
    noteLate(services, read)
    const served = { exchange, read, fallback, outcome, fwdStatus: entry.status } as const
    sendFallback(services, request, reply, served)
    return true
  }
  exchange.cacheStatus = {
    ...exchange.cacheStatus,
    fwdStatus: entry.status,
    stored: unstorable === undefined,
    ...(unstorable === undefined
      ? { ttlSeconds: ttlSeconds(entry, clock.wallMs()) }
      : { detail: unstorable }),
  }
  if (led && setCookie.length > 0) reply.header('set-cookie', setCookie)
  sendStored(request, reply, { entry, nowMs: clock.wallMs(), isFromCache: false })
  return true
}

function sendOversized(
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, answer }: { exchange: ProxyExchange; answer: OversizedAnswer },
): void {
  const { status, headers, body } = answer
  exchange.cacheStatus = { fwdStatus: status, stored: false, detail: 'too-large' }
  sendStream(request, reply.code(status).headers(headers), body)
}
