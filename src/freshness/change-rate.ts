/**
 * How often the answers of one request shape change behind the proxy's back, estimated from refetches that
 * say only "changed" or "unchanged" since the last look (Avrachenkov et al. 2020). Immutable values.
 */

export interface ChangeRate {
  /** Changes, the prior included; decays towards it. */
  readonly changes: number
  /** Weighted seconds that were watched for them, the prior included; decays towards it. */
  readonly seconds: number
  /** Looks, and those that found a change; both fade with the same half-life. */
  readonly looks: number
  readonly changedLooks: number
  /** Epoch milliseconds. */
  readonly decayedAtMs: number
}

export interface Look {
  /** Since the look before, weighted by the hours; see `weightedSeconds`. */
  readonly seconds: number
  readonly isChanged: boolean
}

const HALF_LIFE_MS = 24 * 3_600_000
const PRIOR_CHANGES = 0.5
/** Without any look, one change in 100 times the ttl is assumed. */
const PRIOR_CHANGES_PER_TTL = 0.01
/** Changes per second. */
const MIN_RATE = 1e-8
const MAX_RATE = 1
/** Looks in quicker succession say nothing about the hours. */
const MIN_LOOK_SECONDS = 1
const VOLATILE_SHARE = 0.9
const VOLATILE_LOOKS = 10

const priorSeconds = (ttlSeconds: number): number =>
  (PRIOR_CHANGES * Math.max(1, ttlSeconds)) / PRIOR_CHANGES_PER_TTL

export function newChangeRate(ttlSeconds: number, nowMs: number): ChangeRate {
  const seconds = priorSeconds(ttlSeconds)
  return { changes: PRIOR_CHANGES, seconds, looks: 0, changedLooks: 0, decayedAtMs: nowMs }
}

/** The rate after one more look; looks that say nothing leave it as it is. */
export function observed(
  rate: ChangeRate,
  { seconds, isChanged }: Look,
  { ttlSeconds, nowMs }: { readonly ttlSeconds: number; readonly nowMs: number },
): ChangeRate {
  if (!(seconds >= MIN_LOOK_SECONDS) || !Number.isFinite(seconds)) return rate
  const faded = decayed(rate, ttlSeconds, nowMs)
  const expected = (faded.changes / faded.seconds) * seconds
  // Several changes in one span look like one: the expected number, given that there was at least one.
  const found = expected < 1e-6 ? 1 : expected / -Math.expm1(-expected)
  return {
    ...faded,
    changes: faded.changes + (isChanged ? found : 0),
    seconds: faded.seconds + seconds,
    looks: faded.looks + 1,
    changedLooks: faded.changedLooks + (isChanged ? 1 : 0),
  }
}

function decayed(rate: ChangeRate, ttlSeconds: number, nowMs: number): ChangeRate {
  const prior = priorSeconds(ttlSeconds)
  // A clock that was set back lets nothing fade.
  const fading = 0.5 ** (Math.max(0, nowMs - rate.decayedAtMs) / HALF_LIFE_MS)
  return {
    changes: PRIOR_CHANGES + (rate.changes - PRIOR_CHANGES) * fading,
    seconds: prior + (rate.seconds - prior) * fading,
    looks: rate.looks * fading,
    changedLooks: rate.changedLooks * fading,
    decayedAtMs: nowMs,
  }
}

/** Changes per second in an hour of average weight. */
export function perSecond({ changes, seconds }: ChangeRate): number {
  const rate = changes / seconds
  return Number.isFinite(rate) ? Math.min(MAX_RATE, Math.max(MIN_RATE, rate)) : MIN_RATE
}

/** At least one look found a change, and not so long ago that it has faded. */
export const hasChanged = ({ changedLooks }: ChangeRate): boolean => changedLooks >= 0.25

/** Bodies that differ at nearly every look, for example because they contain a clock. */
export const isVolatile = ({ looks, changedLooks }: ChangeRate): boolean =>
  looks >= VOLATILE_LOOKS && changedLooks > VOLATILE_SHARE * looks
