/** A shared cache by RFC 9111, which knows nothing of Intervals. */

import { LRUCache } from 'lru-cache'
import {
  ageMs,
  conditionsOf,
  freshForMs,
  httpBypass,
  isWrite,
  lookupHttp,
  mayReplaceFailure,
} from '../../../cache/index.js'
import type { HttpEntry } from '../../../cache/index.js'
import type { Clock } from '../../../limits/index.js'
import type { Answer } from '../answer.js'
import { hasBody } from '../arrival.js'
import type { Classify } from '../arrival.js'
import type { HeaderRecord } from '../headers.js'
import { cacheStatusOf } from '../own-headers.js'
import type { ProxyRequest } from '../request.js'
import { acceptFetched, freshenByHead, invalidateAfter, storePost } from './http-writes.js'
import type { HttpWritesDeps } from './http-writes.js'
import type { CacheRead, Found } from './cache-read.js'
import type { CacheProfile, Failure, Fetched } from './profile.js'
import {
  forwardedHeaders,
  hasConditions,
  nextHop,
  renderHttp,
  withoutConditions,
  withVia,
} from './render-http.js'

export interface HttpProfileDeps extends HttpWritesDeps {
  readonly clock: Pick<Clock, 'monotonicMs' | 'wallMs'>
}

/** What this profile makes of a read; `key` is the target and what selects the entry. */
export interface HttpRead extends CacheRead<HttpEntry> {
  /** The stored entry, even if it may never be served stale. */
  readonly validates: HttpEntry | undefined
}

export const classifyHttp: Classify = ({ method, rawTarget, target, headers, client }) => {
  // No resource is known here, not even the one that is not charged to the day.
  const { resource: _resource, id: _id, ...unnamed } = target
  const reason = httpBypass({
    method,
    target: rawTarget,
    headers: forwardedHeaders({ headers, client }),
    hasBody: hasBody(headers),
  })
  if (reason === undefined) return { target: unnamed, bypass: undefined }
  return { target: unnamed, bypass: { outcome: reason === 'method' ? 'method' : 'bypass', reason } }
}

/** Targets whose responses could not be stored, for a minute: requests do not wait for each other. */
const UNSHAREABLE = { max: 10_000, ttl: 60_000 }

export function httpProfile(deps: HttpProfileDeps): CacheProfile<HttpEntry> {
  const { store, clock } = deps
  const unshareable = new LRUCache<string, true>(UNSHAREABLE)

  return {
    lookup: async (request) => evaluate(deps, request),
    // With the directives of this request: a request that has some shares no call.
    lookupAgain: async (request) => evaluate(deps, request).found,
    coalescing(request, read) {
      const { rawTarget } = request
      const mayWait = mayJoin(request, read) && !unshareable.has(rawTarget)
      if (!isRefresh(read) && !mayWait) return { kind: 'alone' }
      const headers = headersForCache(request)
      // Requests that are known to select different entries do not wait for each other.
      const selecting = store.varyOf(rawTarget).map((name) => headers[name] ?? null)
      return { kind: 'shared', key: JSON.stringify([rawTarget, ...selecting]) }
    },
    generation: ({ rawTarget }) => store.generation(rawTarget),
    caughtUp: () => undefined,
    outgoing: (request, validated) => ({
      ...nextHop(request, headersForCache(request)).sent,
      ...(validated && conditionsOf(validated)),
    }),
    toValidate,
    async accept(request, read, fetched) {
      const answer = await accept(deps, request, { read: read as HttpRead, fetched })
      if (answer === undefined || request.flight === undefined) return answer
      if (answer.cacheStatus.stored === true) unshareable.delete(request.rawTarget)
      else unshareable.set(request.rawTarget, true)
      return answer
    },
    async mayShare({ content }, request) {
      // A refresh passes its answer on to no client, so it needs no call of its own.
      if (isRefresh(request.read)) return true
      const { found } = evaluate(deps, request)
      return found.kind === 'hit' && content.kind === 'entry' && found.entry === content.entry
    },
    mayReplaceFailure(read, failure) {
      const { found, validates } = read as HttpRead
      if (found.kind !== 'miss' || validates === undefined) return undefined
      return fallbackOf(validates, failure, clock.monotonicMs())
    },
    describe: (_request, { found }) => ({
      profile: 'http',
      ...(found.kind !== 'miss' && { variesBy: found.entry.selecting.map(([name]) => name) }),
    }),
    render: (content, request) =>
      renderHttp(content, { method: request.method, headers: forwardedHeaders(request) }, clock),
    ownHeaders: (fields, answer) => ({
      via: withVia(fields['via']),
      // In the order in which the caches handled the response (RFC 9211 §2).
      'cache-status': [fields['cache-status'] ?? [], cacheStatusOf(answer)].flat().join(', '),
    }),
    ...pastTheCache(deps),
  }
}

function evaluate({ store, clock }: HttpProfileDeps, request: ProxyRequest): HttpRead {
  const { method, rawTarget: target, client } = request
  const asked = { method, target, headers: forwardedHeaders(request), hasBody: false }
  const nowMs = clock.monotonicMs()
  const looked = lookupHttp(store, asked, { nowMs, floorSeconds: client.floorMs / 1_000 })
  const { entry: validates } = looked
  const key = JSON.stringify(validates === undefined ? [target] : [target, validates.selecting])
  if (looked.kind !== 'miss') {
    return { key, found: { kind: looked.kind, ...foundOf(looked.entry, nowMs) }, validates }
  }
  const fallback = validates && fallbackOf(validates, { kind: 'disconnected' }, nowMs)
  const found = { kind: looked.kind, reason: looked.reason, ...(fallback && { fallback }) }
  return { key, found, validates }
}

async function accept(
  deps: HttpProfileDeps,
  request: ProxyRequest,
  { read, fetched }: { readonly read: HttpRead; readonly fetched: Fetched<HttpEntry> },
): Promise<Answer<HttpEntry> | undefined> {
  const { response, validated, generation } = fetched
  const { status, cost } = response
  const { rawTarget: target } = request
  const outcome = read.found.kind === 'miss' ? read.found.reason : 'stale'
  const exchanged = { target, headers: headersForCache(request), generation, response, outcome }
  const stored = { earlier: read.validates, validated }
  const accepted = await acceptFetched(deps, stored, exchanged)
  if (accepted === undefined) return undefined
  const { content, unstorable } = accepted
  const nowMs = deps.clock.monotonicMs()
  const cacheStatus = {
    fwdStatus: status,
    stored: unstorable === undefined,
    ...(content.kind === 'entry' && { ttlSeconds: foundOf(content.entry, nowMs).ttlSeconds }),
    ...(unstorable !== undefined && { detail: unstorable }),
  }
  return { content, outcome, cacheStatus, key: read.key, cost }
}

/** What the cache does not produce, and what that does to the entries. */
function pastTheCache(
  deps: HttpProfileDeps,
): Pick<CacheProfile<HttpEntry>, 'forwarding' | 'invalidation'> {
  const { store } = deps
  /** After a write whose response may be stored; by the headers, which all copies of a request share. */
  const generationAfter = new WeakMap<ProxyRequest['headers'], number>()

  return {
    forwarding(request) {
      const { method, rawTarget: target, bypass } = request
      const headers = { ...forwardedHeaders(request), ...request.sending?.headers }
      const { sent, local } = nextHop(request, headers)
      if (local !== undefined) return { headers, local }
      // Of before the wait in the queue: a write that ends during it keeps the response from freshening.
      const generation = store.generation(target)
      return {
        headers: sent,
        async passing(response) {
          const exchanged = { target, headers, generation, response, outcome: 'method' } as const
          if (method === 'HEAD' && bypass === undefined) freshenByHead(store, exchanged)
          const after = method === 'POST' ? generationAfter.get(request.headers) : undefined
          if (after === undefined) return response
          return storePost(deps, { ...exchanged, generation: after })
        },
      }
    },
    invalidation({ method, rawTarget: target, headers }) {
      if (!isWrite(method)) return undefined
      let generation = 0
      return {
        async begin() {
          generation = store.generation(target)
        },
        async end({ executed, response }) {
          if (response === undefined) {
            // Without a response, the upstream may still have carried it out.
            if (executed !== 'no') store.outdate(target)
            return
          }
          const after = invalidateAfter(deps, { target, generation, response }, headers.host)
          if (after !== undefined) generationAfter.set(headers, after)
        },
      }
    },
  }
}

/** Only a refresh makes a call although the entry may be served. */
const isRefresh = (read: CacheRead<unknown> | undefined): boolean => read?.found.kind === 'stale'

const foundOf = (entry: HttpEntry, nowMs: number): Found<HttpEntry> => ({
  entry,
  ageSeconds: Math.floor(ageMs(entry, nowMs) / 1_000),
  ttlSeconds: Math.floor(freshForMs(entry, nowMs) / 1_000),
})

const fallbackOf = (
  entry: HttpEntry,
  failure: Failure,
  nowMs: number,
): Found<HttpEntry> | undefined =>
  mayReplaceFailure(entry, failure, nowMs) ? foundOf(entry, nowMs) : undefined

/** Undefined for an entry without a validator as well: it can only be fetched again. */
function toValidate(read: CacheRead<HttpEntry>): HttpEntry | undefined {
  const { validates } = read as HttpRead
  return validates && conditionsOf(validates) && validates
}

/** Whether the request asks for nothing of its own, so that the answer to another one may do. */
function mayJoin(request: ProxyRequest, { found }: CacheRead<HttpEntry>): boolean {
  const headers = forwardedHeaders(request)
  const { noCache, maxAgeSeconds, minFreshSeconds } = request.directives
  if (found.kind === 'miss' && found.reason === 'request') return false
  if (noCache || maxAgeSeconds !== undefined || minFreshSeconds !== undefined) return false
  return headers['authorization'] === undefined && !hasConditions(headers)
}

/** Headers of a call for the cache: without the client's conditions where the proxy sends its own. */
function headersForCache(request: ProxyRequest): HeaderRecord {
  const headers = forwardedHeaders(request)
  const read = request.read as HttpRead | undefined
  const isOurs = read && (isRefresh(read) || toValidate(read) !== undefined)
  return isOurs ? withoutConditions(headers) : headers
}
