/** How fresh an entry is for one request at one moment (RFC 9111 §4.2 and §5.2.1). */

import type { RequestDirectives } from './cache-control.js'
import type { StoredResponse } from '../stores/entry.js'
import type { ResourcePolicy } from '../resources/policy.js'

export type Times = Pick<StoredResponse, 'storedAtMs' | 'freshUntilMs' | 'staleUntilMs'>

/**
 * - `fresh`: serve it.
 * - `stale`: serve it, and refresh it in the background.
 * - `mustRevalidate`: fetch a newer one, and serve this only if that fails.
 * - `tooOldForRequest`: the request asks for a younger one; serve this only if the upstream cannot
 *   answer. RFC 9111 §5.2.1 calls these directives preferences, and an honest Age beats no answer.
 * - `expired`: never serve it.
 */
export type Freshness = 'fresh' | 'stale' | 'mustRevalidate' | 'tooOldForRequest' | 'expired'

export interface FreshnessQuestion {
  readonly times: Times
  /** How long past its ttl it is served at once, milliseconds. */
  readonly staleWhileRevalidateMs: number
  readonly directives: RequestDirectives
  readonly nowMs: number
  /**
   * An entry this young (seconds, default 0) satisfies even `no-cache` and `max-age=0`: for clients
   * that send them with every request.
   */
  readonly floorSeconds?: number
}

export function freshnessOf(question: FreshnessQuestion): Freshness {
  const { times, staleWhileRevalidateMs, directives, nowMs, floorSeconds = 0 } = question
  // Stored in the future: the clock was set back, so the age is unknown.
  if (nowMs < times.storedAtMs || nowMs >= Math.max(times.freshUntilMs, times.staleUntilMs)) {
    return 'expired'
  }
  const ageMs = nowMs - times.storedAtMs
  const isYoungEnough = floorSeconds > 0 && ageMs <= floorSeconds * 1000
  if (!isYoungEnough && prefersYounger(directives, times, nowMs)) return 'tooOldForRequest'
  if (nowMs < times.freshUntilMs) return 'fresh'
  // Never fresh after a soft purge, which serves the entry until a newer one has arrived.
  const wasFresh = times.freshUntilMs > times.storedAtMs
  const mustRevalidate = wasFresh && nowMs >= times.freshUntilMs + staleWhileRevalidateMs
  return mustRevalidate && !takesStale(directives) ? 'mustRevalidate' : 'stale'
}

/** A request that allows staleness or forbids a call gets the stored answer. */
function takesStale({ maxStaleSeconds, onlyIfCached }: RequestDirectives): boolean {
  return maxStaleSeconds !== undefined || onlyIfCached
}

function prefersYounger(directives: RequestDirectives, times: Times, nowMs: number): boolean {
  const { noCache, maxAgeSeconds, minFreshSeconds = 0, maxStaleSeconds = Infinity } = directives
  const leftMs = times.freshUntilMs - nowMs
  // `max-age=0` is how a reload is spelt: it means `no-cache`, even within the same millisecond.
  if (noCache || maxAgeSeconds === 0) return true
  if (maxAgeSeconds !== undefined && nowMs - times.storedAtMs > maxAgeSeconds * 1000) return true
  // min-fresh asks for freshness, which a stale entry has not, whatever max-stale allows.
  if (minFreshSeconds > 0) return leftMs < minFreshSeconds * 1000
  return -leftMs > maxStaleSeconds * 1000
}

/**
 * The times of an entry under the current policy of its resource. `ttlMs` is the ttl in use, shorter or longer
 * than the policy's; an entry that was given less than the policy's has a reason of its own, and keeps it.
 */
export function within(
  entry: Times,
  policy: Pick<ResourcePolicy, 'ttlMs' | 'staleMs'>,
  ttlMs: number = policy.ttlMs,
): Times {
  const { storedAtMs, freshUntilMs, staleUntilMs } = entry
  const isWhole = freshUntilMs >= storedAtMs + policy.ttlMs
  const freshLimitMs = storedAtMs + ttlMs
  return {
    storedAtMs,
    freshUntilMs: isWhole ? freshLimitMs : Math.min(freshUntilMs, freshLimitMs),
    staleUntilMs: Math.min(staleUntilMs, storedAtMs + policy.ttlMs + policy.staleMs),
  }
}

/** Age in whole seconds, as the Age header wants it (RFC 9111 §5.1); never below 0. */
export function ageSeconds(times: Times, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - times.storedAtMs) / 1000))
}

/** Freshness left, whole seconds; negative for a stale answer (RFC 9211 §2.6). */
export function ttlSeconds(times: Times, nowMs: number): number {
  return Math.floor((times.freshUntilMs - nowMs) / 1000)
}
