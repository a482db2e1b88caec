/** Store, fence and freshness joined: what the cache has to say to one request. */

import type { RequestDirectives } from './cache-control.js'
import type { Outcome } from './cache-status.js'
import type { StoredResponse } from '../stores/entry.js'
import type { Fence } from '../invalidation/generations.js'
import { ageSeconds, freshnessOf, ttlSeconds, within } from './freshness.js'
import type { ResourcePolicy } from '../resources/policy.js'
import type { ResourceName } from '../resources/resource-name.js'
import type { ResponseStore } from '../stores/store.js'

export interface LookupRequest {
  readonly store: Pick<ResponseStore, 'get'>
  readonly fence: Pick<Fence, 'isCurrent'>
  readonly key: string
  readonly account: string
  readonly resource: ResourceName
  /** The resource's policy now: what it was when the entry was stored may have been longer. */
  readonly policy: Pick<ResourcePolicy, 'ttlMs' | 'staleWhileRevalidateMs' | 'staleMs'>
  readonly directives: RequestDirectives
  readonly nowMs: number
  /** See `FreshnessQuestion.floorSeconds`. */
  readonly floorSeconds?: number
}

interface Found {
  readonly entry: StoredResponse
  readonly ageSeconds: number
  /** Freshness left, seconds; negative when stale. */
  readonly ttlSeconds: number
}

export type Lookup =
  | ({ readonly kind: 'hit' } & Found)
  /** To be served at once, while one refresh runs behind. */
  | ({ readonly kind: 'stale' } & Found)
  | {
      readonly kind: 'miss'
      /** Nothing there; too old for anyone; too old for this request; overtaken by a write. */
      readonly reason: Extract<Outcome, 'uri-miss' | 'stale' | 'request' | 'invalidated'>
      /** What may be served if the upstream cannot answer; only with `request` and `stale`. */
      readonly fallback?: Found
    }

/**
 * Rejects only if the store does. `only-if-cached` is the caller's to turn into a 504: a miss is a miss.
 */
export async function lookup(request: LookupRequest): Promise<Lookup> {
  const { store, fence, key, account, resource } = request
  // What a write has overtaken in one place may be there anew in another.
  const entry = await store.get(key, ({ generation }) =>
    fence.isCurrent(account, resource, generation),
  )
  // After the await: a write that was acknowledged while the store was reading counts as well.
  return judge(entry, request)
}

/** What a stored answer, or none, is to a request at this moment. */
export function judge(
  entry: StoredResponse | undefined,
  request: Omit<LookupRequest, 'store' | 'key'>,
): Lookup {
  const { fence, account, resource, policy, directives, nowMs, floorSeconds = 0 } = request
  if (entry === undefined) return { kind: 'miss', reason: 'uri-miss' }

  // Before freshness: an entry that a write has overtaken is no answer at all, not even a stale one.
  if (!fence.isCurrent(account, resource, entry.generation)) {
    return { kind: 'miss', reason: 'invalidated' }
  }
  const times = within(entry, policy)
  const found: Found = {
    entry,
    ageSeconds: ageSeconds(times, nowMs),
    ttlSeconds: ttlSeconds(times, nowMs),
  }
  const { staleWhileRevalidateMs } = policy
  const freshness = freshnessOf({ times, staleWhileRevalidateMs, directives, nowMs, floorSeconds })
  switch (freshness) {
    case 'fresh':
      return { kind: 'hit', ...found }
    case 'stale':
      return { kind: 'stale', ...found }
    case 'late':
      return { kind: 'miss', reason: 'stale', fallback: found }
    case 'unwanted':
      return { kind: 'miss', reason: 'request', fallback: found }
    case 'expired':
      return { kind: 'miss', reason: 'stale' }
    default:
      return freshness satisfies never
  }
}
