/** GET and HEAD from the store, and GET that fills it. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { mayReplaceFailure, requestDirectives } from '../../cache/index.js'
import type { HttpEntry, HttpLookup } from '../../cache/index.js'
import { PROBLEM_OF_REFUSAL, ProblemError } from '../errors/problems.js'
import { discard } from '../proxy/collect.js'
import type { HttpExchange } from './exchange.js'
import type { Filled } from './fill.js'
import { cooldownKey, ttlSeconds } from './look.js'
import { sendEntry, sendUpstream } from './send.js'
import type { HttpServices } from './services.js'
import { fetchShared, refreshBehind } from './share.js'
import type { Joined, Miss } from './share.js'

/** Answers from the store if it can, and says whether. */
export function answerStored(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, found }: { exchange: HttpExchange; found: HttpLookup },
): boolean {
  const { proxy } = exchange
  if (found.kind === 'miss') {
    proxy.outcome = found.reason
    if (requestDirectives(exchange.request.headers).onlyIfCached) {
      throw new ProblemError('NOT_STORED')
    }
    return false
  }
  proxy.outcome = found.kind === 'hit' ? 'hit' : 'stale-while-revalidate'
  if (found.kind === 'stale') refreshBehind(http, request, { exchange, entry: found.entry })
  proxy.cacheStatus = { ttlSeconds: ttlSeconds(http, found.entry) }
  sendEntry(http.all, request, reply, { entry: found.entry, headers: exchange.request.headers })
  return true
}

/** Fetches or validates; serves what is stored if that fails and nothing forbids it. */
export async function answerFetched(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  miss: Miss,
): Promise<void> {
  const { exchange, found } = miss
  const { entry } = found
  const { clock } = http.all.deps
  const isCooling = entry !== undefined && http.all.refreshCooldown.has(cooldownKey(entry))
  if (isCooling && found.reason === 'stale' && isBetterThanNone(http, entry)) {
    sendStale(http, request, reply, { exchange, entry, detail: 'served-on-error' })
    return
  }
  try {
    const filled = await fetchShared(http, request, reply, miss)
    if (filled.kind === 'stream' && entry !== undefined) {
      const { status } = filled
      if (mayReplaceFailure(entry, { kind: 'status', status }, clock.monotonicMs())) {
        discard(filled.body)
        http.all.refreshCooldown.set(cooldownKey(entry), true)
        exchange.proxy.cacheStatus = { fwdStatus: status }
        sendStale(http, request, reply, { exchange, entry, detail: 'served-on-error' })
        return
      }
    }
    sendFilled(http, request, reply, { exchange, filled })
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status < 429) throw error
    if (entry === undefined || !isBetterThanNone(http, entry)) throw error
    const isRefused = REFUSED.has(error.code)
    if (!isRefused) http.all.refreshCooldown.set(cooldownKey(entry), true)
    const detail = isRefused ? 'served-on-refusal' : 'served-on-error'
    request.log.warn({ err: error }, 'a stored answer is served in the place of an error')
    sendStale(http, request, reply, { exchange, entry, detail })
  }
}

const REFUSED: ReadonlySet<string> = new Set([...Object.values(PROBLEM_OF_REFUSAL), 'OVERLOADED'])

const isBetterThanNone = (http: HttpServices, entry: HttpEntry): boolean =>
  mayReplaceFailure(entry, { kind: 'disconnected' }, http.all.deps.clock.monotonicMs())

function sendFilled(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    exchange: { proxy, request: asked },
    filled,
  }: { exchange: HttpExchange; filled: Filled | Joined },
): void {
  const { headers } = asked
  if (filled.kind === 'joined') {
    const { entry } = filled
    proxy.cacheStatus = { collapsed: true, stored: true, ttlSeconds: ttlSeconds(http, entry) }
    sendEntry(http.all, request, reply, { entry, headers })
    return
  }
  const { unstorable } = filled
  proxy.cacheStatus = {
    fwdStatus: filled.kind === 'entry' ? filled.fwdStatus : filled.status,
    stored: unstorable === undefined,
    ...(filled.kind === 'entry' && { ttlSeconds: ttlSeconds(http, filled.entry) }),
    ...(unstorable !== undefined && { detail: unstorable }),
  }
  if (filled.kind === 'stream') sendUpstream(request, reply, filled)
  else sendEntry(http.all, request, reply, { ...filled, headers })
}

function sendStale(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, entry, detail }: { exchange: HttpExchange; entry: HttpEntry; detail: string },
): void {
  const { proxy } = exchange
  proxy.cacheStatus = { ...proxy.cacheStatus, ttlSeconds: ttlSeconds(http, entry), detail }
  sendEntry(http.all, request, reply, { entry, headers: exchange.request.headers })
}
