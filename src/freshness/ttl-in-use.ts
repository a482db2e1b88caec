/**
 * The decision for one entry: how long it is fresh at the present price. An entry of age t has an expected
 * staleness of about D t²/2 seconds, so a call is worth the price p once t = sqrt(2p/D).
 */

import type { ResourcePolicy } from '../cache/index.js'
import { hasChanged, isVolatile, perSecond } from './change-rate.js'
import type { ChangeRate } from './change-rate.js'

export const FRESHNESS_MODES = ['fixed', 'paced', 'saving'] as const
export type FreshnessMode = (typeof FRESHNESS_MODES)[number]

export type PacedPolicy = Pick<ResourcePolicy, 'ttlMs' | 'staleMs' | 'maxAgeMs' | 'isOperatorTtl'>

export interface TtlQuestion {
  readonly mode: Exclude<FreshnessMode, 'fixed'>
  readonly policy: PacedPolicy
  readonly rate: ChangeRate
  /** Of the present hour, see `weightsOf`. */
  readonly weight: number
  /** Seconds of expected staleness that justify one call. */
  readonly price: number
  /** The day would not last with entries that are fetched at their ttl. */
  readonly isShort: boolean
}

const SHORTEST_MS = 5_000
const SHORTEST_SHARE = 0.1
/** Longer than this many times ttl and stale together, no entry is kept. */
const LONGEST_TIMES = 4

/** The longest time for which an entry may be fresh, milliseconds, whatever the price. */
export function longestTtlMs(mode: FreshnessMode, policy: PacedPolicy): number {
  const { ttlMs, staleMs, maxAgeMs, isOperatorTtl } = policy
  if (maxAgeMs !== undefined) return Math.max(ttlMs, maxAgeMs)
  const isFixed = mode === 'fixed' || (mode === 'paced' && isOperatorTtl === true)
  return isFixed ? ttlMs : LONGEST_TIMES * (ttlMs + staleMs)
}

export function ttlInUseMs({ mode, policy, rate, weight, price, isShort }: TtlQuestion): number {
  const { ttlMs } = policy
  if (ttlMs === 0 || isVolatile(rate)) return ttlMs
  const isStretched = mode === 'saving' || isShort
  const longestMs = isStretched ? longestTtlMs(mode, policy) : ttlMs
  // Only what is known to change is fetched before its ttl.
  const shortestMs = hasChanged(rate)
    ? Math.min(ttlMs, Math.max(SHORTEST_MS, ttlMs * SHORTEST_SHARE))
    : ttlMs
  const learnedMs = 1_000 * Math.sqrt((2 * price) / (perSecond(rate) * weight))
  return Math.round(Math.min(longestMs, Math.max(shortestMs, learnedMs)))
}

/** Mean time, in seconds, for which an answer of this age has been out of date. */
export function expectedStaleSeconds(rate: ChangeRate, weight: number, ageSeconds: number): number {
  const perSec = perSecond(rate) * weight
  const changes = perSec * Math.max(0, ageSeconds)
  // Below that, the difference of the two terms is lost in rounding.
  return changes < 1e-4 ? (changes * ageSeconds) / 2 : ageSeconds + Math.expm1(-changes) / perSec
}
