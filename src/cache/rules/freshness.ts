/** How good a stored answer still is for one request, at one moment (RFC 9111 §4.2 and §5.2.1). */

import type { RequestDirectives } from './cache-control.js'
import type { StoredResponse } from '../stores/entry.js'
import type { ResourcePolicy } from '../resources/policy.js'

export type Times = Pick<StoredResponse, 'storedAtMs' | 'freshUntilMs' | 'staleUntilMs'>

/**
 * - `fresh`: serve it.
 * - `stale`: serve it, and refresh it behind.
 * - `late`: fetch a newer one, and serve this only if there is none.
 * - `unwanted`: the request wants a younger one; serve it only if the upstream cannot answer. RFC 9111
 *   §5.2.1 calls these directives preferences, and an honest Age beats no answer.
 * - `expired`: of no use to anyone.
 */
export type Freshness = 'fresh' | 'stale' | 'late' | 'unwanted' | 'expired'

export interface FreshnessQuestion {
  readonly times: Times
  /** For how long after it was fresh it is served at once, milliseconds. */
  readonly staleWhileRevalidateMs: number
  readonly directives: RequestDirectives
  readonly nowMs: number
  /**
   * An answer this young satisfies even `no-cache` and `max-age=0`: for consumers that send them with
   * every request, meaning nothing by it. Seconds, by default 0: obeyed to the letter.
   */
  readonly floorSeconds?: number
}

export function freshnessOf(question: FreshnessQuestion): Freshness {
  const { times, staleWhileRevalidateMs, directives, nowMs, floorSeconds = 0 } = question
  // From the future: the clock was set back, and how old the answer is nobody knows.
  if (nowMs < times.storedAtMs || nowMs >= Math.max(times.freshUntilMs, times.staleUntilMs)) {
    return 'expired'
  }
  const ageMs = nowMs - times.storedAtMs
  const isYoungEnough = floorSeconds > 0 && ageMs <= floorSeconds * 1000
  if (!isYoungEnough && prefersYounger(directives, times, nowMs)) return 'unwanted'
  if (nowMs < times.freshUntilMs) return 'fresh'
  // Never fresh: purged softly, and whoever did that wants it served until there is a newer one.
  const wasFresh = times.freshUntilMs > times.storedAtMs
  const isLate = wasFresh && nowMs >= times.freshUntilMs + staleWhileRevalidateMs
  return isLate && !takesStale(directives) ? 'late' : 'stale'
}

/** Who says how stale it may be, or that no call shall be made, is given what there is. */
function takesStale({ maxStaleSeconds, onlyIfCached }: RequestDirectives): boolean {
  return maxStaleSeconds !== undefined || onlyIfCached
}

function prefersYounger(directives: RequestDirectives, times: Times, nowMs: number): boolean {
  const { noCache, maxAgeSeconds, minFreshSeconds = 0, maxStaleSeconds = Infinity } = directives
  const leftMs = times.freshUntilMs - nowMs
  // `max-age=0` is how a reload is spelt: it means `no-cache`, even within the same millisecond.
  if (noCache || maxAgeSeconds === 0) return true
  if (maxAgeSeconds !== undefined && nowMs - times.storedAtMs > maxAgeSeconds * 1000) return true
  // Some freshness demanded: a stale answer has none, however far max-stale would go.
  if (minFreshSeconds > 0) return leftMs < minFreshSeconds * 1000
  return -leftMs > maxStaleSeconds * 1000
}

/** What is left of an entry's time when its resource has been given less since it was stored. */
export function within(entry: Times, policy: Pick<ResourcePolicy, 'ttlMs' | 'staleMs'>): Times {
  const { storedAtMs, freshUntilMs, staleUntilMs } = entry
  const freshLimitMs = storedAtMs + policy.ttlMs
  return {
    storedAtMs,
    freshUntilMs: Math.min(freshUntilMs, freshLimitMs),
    staleUntilMs: Math.min(staleUntilMs, freshLimitMs + policy.staleMs),
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
