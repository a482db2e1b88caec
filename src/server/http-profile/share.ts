/** Calls that several requests may wait for: those of a miss, and the one behind a stale answer. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { requestDirectives } from '../../cache/index.js'
import type { HttpEntry, HttpLookup } from '../../cache/index.js'
import { AbandonedError } from '../proxy/admit.js'
import { ProblemError } from '../errors/problems.js'
import { discard } from '../proxy/collect.js'
import type { HttpExchange } from './exchange.js'
import { fill } from './fill.js'
import type { Filled, FillRequest } from './fill.js'
import { hasConditions, withoutConditions } from './headers.js'
import { interimTo } from './interim.js'
import { cooldownKey, look } from './look.js'
import type { HttpServices } from './services.js'

export interface Miss {
  readonly exchange: HttpExchange
  readonly found: HttpLookup & { readonly kind: 'miss' }
  /** Aborted when the consumer goes away. */
  readonly signal: AbortSignal
}

/** Somebody else's call had stored it. */
export interface Joined {
  readonly kind: 'joined'
  readonly entry: HttpEntry
}

/**
 * One call for those who ask for the same at once, if they ask for nothing of their own. Whoever waited
 * looks into the store again: what is not there, or for others, each has to ask for alone.
 */
export async function fetchShared(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, found, signal }: Miss,
): Promise<Filled | Joined> {
  const { proxy } = exchange
  const fillRequest: FillRequest = {
    exchange: proxy,
    headers: exchange.request.headers,
    version: request.raw.httpVersion,
    entry: found.entry,
    deadlineMs: http.all.deps.clock.monotonicMs() + proxy.maxWaitMs,
    signal,
    onInterim: interimTo(request, reply),
  }
  if (!mayShare(http, exchange, found)) return fill(http.all, http.store, fillRequest)
  const joined = await join(http, fillRequest, { exchange, signal }).catch((error: unknown) => {
    const isLeaders = error instanceof ProblemError && LEADERS_ONLY.has(error.code)
    if (isLeaders && !signal.aborted) return undefined
    throw error
  })
  if (joined?.led === true) return joined.value
  if (joined !== undefined) {
    const again = look(http, exchange)
    if (again.kind === 'hit') return { kind: 'joined', entry: again.entry }
  }
  return fill(http.all, http.store, fillRequest)
}

/** What the queue refused its leader cost nothing, so whoever waited with it may try alone. */
const LEADERS_ONLY: ReadonlySet<string> = new Set(['DEADLINE', 'WAIT_TOO_LONG', 'QUEUE_FULL'])

function mayShare(
  { unshareable }: HttpServices,
  { request: { target, headers } }: HttpExchange,
  found: HttpLookup & { kind: 'miss' },
): boolean {
  if (found.reason === 'request' || headers['authorization'] !== undefined) return false
  const { noCache, maxAgeSeconds, minFreshSeconds } = requestDirectives(headers)
  const wantsItsOwn = noCache || maxAgeSeconds !== undefined || minFreshSeconds !== undefined
  return !wantsItsOwn && !hasConditions(headers) && !unshareable.has(target)
}

async function join(
  http: HttpServices,
  fillRequest: FillRequest,
  { exchange, signal }: { exchange: HttpExchange; signal?: AbortSignal },
): Promise<{ readonly led: boolean; readonly value: Filled } | undefined> {
  const { target, headers } = exchange.request
  // What is known to make a difference keeps them apart from the start.
  const selecting = http.store.varyOf(target).map((name) => headers[name] ?? null)
  const patience = new AbortController()
  const timer = setTimeout(
    () => patience.abort(new ProblemError('DEADLINE', { retryAfterMs: 1_000 })),
    Math.max(1, fillRequest.deadlineMs - http.all.deps.clock.monotonicMs()),
  )
  let own: Filled | undefined
  try {
    const joined = await http.flights.join({
      key: JSON.stringify([target, ...selecting]),
      generation: http.store.generation(target),
      start: async (flight) => {
        own = await fill(http.all, http.store, {
          ...fillRequest,
          signal: flight.signal,
          onSend: flight.commit,
        })
        if (own.unstorable === undefined) http.unshareable.delete(target)
        else http.unshareable.set(target, true)
        // The one that it was for has gone, and nobody else can take it.
        if (own.kind === 'stream' && signal?.aborted === true) discard(own.body)
        return own
      },
      urgency: exchange.proxy.priority === 'background' ? 1 : 0,
      patience: patience.signal,
      ...(signal !== undefined && { signal }),
    })
    if (joined.kind === 'full') return undefined
    // Taken over by a more urgent one, what landed is that one's.
    return { led: joined.value === own, value: joined.value }
  } finally {
    clearTimeout(timer)
  }
}

const REFRESH_WITHIN_MS = 60_000

export function refreshBehind(
  http: HttpServices,
  request: FastifyRequest,
  { exchange, entry }: { exchange: HttpExchange; entry: HttpEntry },
): void {
  const { refreshCooldown, deps, log, metrics } = http.all
  const saved = (): void => metrics.savedCalls.inc({ cause: 'stale' })
  if (refreshCooldown.has(cooldownKey(entry))) return saved()
  const proxy = { ...exchange.proxy, priority: 'background' as const }
  const headers = withoutConditions(exchange.request.headers)
  const fillRequest: FillRequest = {
    exchange: proxy,
    headers,
    version: request.raw.httpVersion,
    entry,
    deadlineMs: deps.clock.monotonicMs() + REFRESH_WITHIN_MS,
  }
  const refresh = { ...exchange, proxy, request: { ...exchange.request, headers } }
  join(http, fillRequest, { exchange: refresh })
    .then(
      (joined) => {
        if (joined?.led !== true || joined.value.unstorable === undefined) return
        if (joined.value.kind === 'stream') discard(joined.value.body)
        // An answer that does not replace the entry is a failure as well: one try per cool-down.
        refreshCooldown.set(cooldownKey(entry), true)
      },
      (error: unknown) => {
        refreshCooldown.set(cooldownKey(entry), true)
        if (!(error instanceof ProblemError || error instanceof AbandonedError)) {
          log.error({ err: error }, 'a refresh failed')
        }
      },
    )
    // The one that the refresh was for has not saved a call, only put it off.
    .finally(() => (proxy.permit === undefined ? saved() : undefined))
}
