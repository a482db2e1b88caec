/** Store, generations and freshness combined: what the cache has for one request. */

import type { RequestDirectives } from './cache-control.js'
import type { Outcome } from './cache-status.js'
import type { StoredResponse } from '../stores/entry.js'
import type { Generations } from '../invalidation/generations.js'
import { ageSeconds, freshnessOf, ttlSeconds, within } from './freshness.js'
import type { ResourcePolicy } from '../resources/policy.js'
import type { ResourceName } from '../resources/resource-name.js'
import type { ResponseStore } from '../stores/store.js'

export interface LookupRequest {
  readonly store: Pick<ResponseStore, 'get'>
  readonly generations: Pick<Generations, 'isCurrent'>
  readonly key: string
  readonly account: string
  readonly resource: ResourceName
  /** The current policy of the resource; the one at the time of storing may have been longer. */
  readonly policy: Pick<ResourcePolicy, 'ttlMs' | 'staleWhileRevalidateMs' | 'staleMs'>
  /** How long this entry is fresh at present, milliseconds. Default: the policy's ttl. */
  readonly ttlMs?: number | undefined
  readonly directives: RequestDirectives
  readonly nowMs: number
  /** See `FreshnessQuestion.floorSeconds`. */
  readonly floorSeconds?: number
  /** When Intervals last refused the credential: entries stored by then are not there for it. -Infinity: never. */
  readonly refusedAtMs: number
}

interface Found {
  readonly entry: StoredResponse
  readonly ageSeconds: number
  /** Freshness left, seconds; negative when stale. */
  readonly ttlSeconds: number
  /** Fresh for longer than its policy says, so that the day's calls last. */
  readonly isStretched?: true
}

export type Lookup =
  | ({ readonly kind: 'hit' } & Found)
  /** Serve it at once while one refresh runs in the background. */
  | ({ readonly kind: 'stale' } & Found)
  | {
      readonly kind: 'miss'
      /** No entry; too old; too old for this request; invalidated by a write. */
      readonly reason: Extract<Outcome, 'uri-miss' | 'stale' | 'request' | 'invalidated'>
      /** May be served if the upstream cannot answer; only with `request` and `stale`. */
      readonly fallback?: Found
      /** What was stored and is too old for any use but a comparison; only with `stale`. */
      readonly previous?: StoredResponse
    }

/** Rejects only if the store does. A miss with `only-if-cached` is for the caller to turn into 504. */
export async function lookup(request: LookupRequest): Promise<Lookup> {
  const { store, generations, key, account, resource } = request
  // An entry that is invalidated in one tier may be current in another.
  const entry = await store.get(key, ({ generation }) =>
    generations.isCurrent(account, resource, generation),
  )
  // After the await: a write acknowledged while the store was reading counts too.
  return evaluate(entry, request)
}

/** What an entry, or its absence, means for a request at this moment. */
export function evaluate(
  entry: StoredResponse | undefined,
  request: Omit<LookupRequest, 'store' | 'key'>,
): Lookup {
  const { generations, account, resource, policy, directives, nowMs, floorSeconds = 0 } = request
  if (entry === undefined || entry.storedAtMs <= request.refusedAtMs) {
    return { kind: 'miss', reason: 'uri-miss' }
  }

  // Before freshness: an invalidated entry may not even be served as stale.
  if (!generations.isCurrent(account, resource, entry.generation)) {
    return { kind: 'miss', reason: 'invalidated' }
  }
  const times = within(entry, policy, request.ttlMs)
  const found: Found = {
    entry,
    ageSeconds: ageSeconds(times, nowMs),
    ttlSeconds: ttlSeconds(times, nowMs),
  }
  const { staleWhileRevalidateMs } = policy
  const isStretched = nowMs >= entry.storedAtMs + policy.ttlMs
  const freshness = freshnessOf({ times, staleWhileRevalidateMs, directives, nowMs, floorSeconds })
  switch (freshness) {
    case 'fresh':
      return { kind: 'hit', ...found, ...(isStretched && { isStretched }) }
    case 'stale':
      return { kind: 'stale', ...found }
    case 'mustRevalidate':
      return { kind: 'miss', reason: 'stale', fallback: found }
    case 'tooOldForRequest':
      return { kind: 'miss', reason: 'request', fallback: found }
    case 'expired':
      return { kind: 'miss', reason: 'stale', previous: entry }
    default:
      return freshness satisfies never
  }
}
