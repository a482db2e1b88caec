/** The cache that knows Intervals: its table of resources, what writes change, and whose answer is whose. */

import type { Readable } from 'node:stream'
import { LRUCache } from 'lru-cache'
import {
  compressed,
  createEntry,
  headerValues,
  isStorable,
  isWrite,
  requestCacheability,
  ttlSeconds,
} from '../../../cache/index.js'
import type {
  Policies,
  Purges,
  ResponseStore,
  StoredResponse,
  UnstorableReason,
  UpstreamDirectives,
  VaryFields,
  Writes,
} from '../../../cache/index.js'
import type { Freshness } from '../../../freshness/index.js'
import type { Clock } from '../../../limits/index.js'
import type { CredentialStates } from '../../credentials/credential-state.js'
import { ProblemError } from '../../errors/problems.js'
import { hasBody } from '../arrival.js'
import type { Classify } from '../arrival.js'
import type { Answer } from '../answer.js'
import { claimOf } from '../answer.js'
import { bufferBody } from '../buffer-body.js'
import { fillHeaders, requestHeaders } from '../headers.js'
import type { ProxyRequest } from '../request.js'
import { brokeOff } from '../upstream-call.js'
import { createIntervalsReads, resourceOf } from './intervals-reads.js'
import type { IntervalsRead, IntervalsReads } from './intervals-reads.js'
import { outcomeOf, previousOf, requiresFreshAnswer } from './cache-read.js'
import { createListPages } from './list-pages.js'
import { createIntervalsInvalidation } from './intervals-invalidation.js'
import type { CacheProfile, Fetched } from './profile.js'
import { renderStored } from './render-stored.js'
import { watchChanges } from './watch-changes.js'
import type { ChangeWatch } from './watch-changes.js'
import type { UpstreamOverrides } from './upstream-overrides.js'

export interface IntervalsDeps {
  readonly policies: () => Policies
  readonly store: Pick<ResponseStore, 'get' | 'set'>
  readonly writes: Pick<Writes, 'generations' | 'caughtUp' | 'begin'>
  readonly purges: Pick<Purges, 'count'>
  readonly credentials: Pick<CredentialStates, 'refusedAtMs' | 'isAccepted'>
  readonly varyFields: VaryFields
  readonly upstreamDirectives: UpstreamDirectives
  readonly overrides: Pick<UpstreamOverrides, 'note' | 'of'>
  readonly maxEntryBytes: number
  readonly clock: Clock
  readonly onStoreError: (error: unknown) => void
  /** Undefined: entries are fresh for the ttl of their policies. */
  readonly freshness?: Freshness | undefined
}

export const classifyIntervals =
  (policies: () => Policies): Classify =>
  ({ method, target, headers, client }) => {
    // RFC 9110 §9.3.8: it repeats the request, and so the credentials in it.
    if (method === 'TRACE') throw new ProblemError('METHOD_NOT_FORWARDED')
    const cacheability = requestCacheability({
      // HEAD is answered from what a GET stored, and otherwise forwarded.
      method: method === 'HEAD' ? 'GET' : method,
      target,
      headers: { ...headers, authorization: client.authorization },
      hasBody: hasBody(headers),
      policies: policies(),
    })
    if (cacheability.cacheable) return { target, bypass: undefined, format: cacheability.format }
    const outcome = isWrite(method) ? 'method' : 'bypass'
    return { target, bypass: { outcome, reason: cacheability.reason } }
  }

/** Keys of answers that were too large to store, for ten minutes: requests do not wait for each other. */
const OVERSIZED = { max: 10_000, ttl: 10 * 60_000 }

export function intervalsProfile(
  deps: IntervalsDeps,
): CacheProfile<StoredResponse> & IntervalsCache {
  const { store, writes, purges, clock, policies } = deps
  const changes = watchChanges(deps)
  const pages = createListPages(store)
  const reads = createIntervalsReads({ ...deps, pages })
  const oversized = new LRUCache<string, true>(OVERSIZED)

  const generation = (request: ProxyRequest): number =>
    writes.generations.generation(request.client.account, resourceOf(request))

  /** The answer as an entry, and why it is not stored if it may not be. */
  async function entryFrom(
    request: ProxyRequest,
    read: IntervalsRead,
    { response, generation }: Pick<Fetched<StoredResponse>, 'response' | 'generation'>,
  ): Promise<MadeEntry> {
    const { key, share, resource, format } = read
    const { status, statusText, headers } = response
    const { maxEntryBytes } = deps
    const body = await bufferBody(response.body, maxEntryBytes).catch((error: unknown) => {
      throw brokeOff(error, response, outcomeOf(read))
    })
    if (body.kind === 'long') return { kind: 'long', body: body.body }
    const { bytes } = body
    const verdict =
      headerValues(headers, 'content-encoding').length > 0
        ? ({ storable: false, reason: 'content-type' } as const)
        : isStorable({
            status,
            headers,
            format,
            share,
            body: bytes,
            maxEntryBytes,
            complete: response.isFramed,
            upstreamDirectives: deps.upstreamDirectives,
            keyedFields: read.varyFields,
          })
    if (verdict.storable) {
      if (verdict.overridden.length > 0) deps.overrides.note(resource, verdict.overridden)
    } else if (verdict.unkeyedFields !== undefined) {
      deps.varyFields.learn(resource, verdict.unkeyedFields)
    }
    const { account } = request.client
    const entry = createEntry({
      key,
      status,
      statusText,
      headers,
      body: bytes,
      account,
      resource,
      path: request.target.path,
      generation,
      policy: policies()[resource],
      sentAtMs: response.sentAtWallMs,
    })
    return { kind: 'entry', entry, unstorable: verdict.storable ? undefined : verdict.reason }
  }

  return {
    ...reads,
    entryFrom,
    compared: changes.compared,
    generation,
    caughtUp: ({ client }) => writes.caughtUp(client.account),
    lookupAgain: (request, { key }) => reads.find(request, key, true),
    coalescing: (_request, { key }) =>
      // A request that arrives after a purge does not want what was asked for before it.
      oversized.has(key)
        ? { kind: 'forward' }
        : { kind: 'shared', key: `${purges.count()} ${key}` },
    toValidate: () => undefined,
    outgoing: ({ headers, client, target: { resource } }) =>
      fillHeaders(headers, client.authorization, resource && deps.varyFields.of(resource)),
    async accept(request, read, fetched): Promise<Answer<StoredResponse>> {
      const { response, purgeCount } = fetched
      const { status, headers, cost } = response
      const { key } = read
      const common = { outcome: outcomeOf(read), key, cost }
      const made = await entryFrom(request, read as IntervalsRead, fetched)
      if (made.kind === 'long') {
        oversized.set(key, true)
        const content = { kind: 'stream', status, headers, claim: claimOf(made.body) } as const
        return {
          ...common,
          content,
          cacheStatus: { fwdStatus: status, stored: false, detail: 'too-large' },
        }
      }
      const { unstorable } = made
      const entry = unstorable === undefined ? await compressed(made.entry) : made.entry
      const page = read as IntervalsRead
      const isCurrent = generation(request) === fetched.generation && purges.count() === purgeCount
      if (unstorable === undefined && isCurrent) {
        changes.refetched(request, page, entry)
        const before = previousOf(page)
        await pages.store(request, page, { before, after: entry }).catch(deps.onStoreError)
      }
      const cacheStatus =
        unstorable === undefined
          ? { fwdStatus: status, stored: true, ttlSeconds: ttlSeconds(entry, clock.wallMs()) }
          : { fwdStatus: status, stored: false, detail: unstorable }
      return { ...common, content: { kind: 'entry', entry, received: headers }, cacheStatus }
    },
    // An answer that could not be stored for the whole account is for its own credential only.
    mayShare: async ({ outcome, cacheStatus }, request, leader) => {
      if (outcome === 'hit') return !requiresFreshAnswer(request.read)
      return (
        cacheStatus.stored === true || leader.client.principal.id === request.client.principal.id
      )
    },
    mayReplaceFailure: ({ found }, failure) =>
      found.kind !== 'miss' || (failure.kind === 'status' && failure.status < 500)
        ? undefined
        : found.fallback,
    describe(request, read) {
      const { resource, format } = read as IntervalsRead
      const policy = policies()[resource]
      const { ttlMs, staleMs, share } = policy
      const overridden = deps.overrides.of(resource)
      const previous = previousOf(read as IntervalsRead)
      return {
        resource,
        format,
        ttlSeconds: ttlMs / 1_000,
        staleSeconds: staleMs / 1_000,
        share,
        ...(overridden !== undefined && { overridden }),
        ...deps.freshness?.describe(request, previous, policy, clock.wallMs()),
      }
    },
    render: ({ entry, received }, request) =>
      renderStored(entry, request, { nowMs: clock.wallMs(), received }),
    ownHeaders: () => undefined,
    forwarding: ({ headers, client }) => ({
      headers: requestHeaders(headers, client.authorization),
    }),
    invalidation: createIntervalsInvalidation({ reads, writes }),
  }
}

export type MadeEntry =
  | { readonly kind: 'long'; readonly body: Readable }
  | {
      readonly kind: 'entry'
      readonly entry: StoredResponse
      readonly unstorable: UnstorableReason | undefined
    }

/** What list revalidation needs, because it knows this cache. */
export interface IntervalsCache extends IntervalsReads {
  /** The answer as an entry that is not stored, or its body if it is too large for one. */
  entryFrom(
    request: ProxyRequest,
    read: IntervalsRead,
    fetched: Pick<Fetched<StoredResponse>, 'response' | 'generation'>,
  ): Promise<MadeEntry>
  readonly compared: ChangeWatch['compared']
}
