/**
 * The price of a call: how many seconds of expected staleness justify one. Once a minute it follows the calls
 * that the rest of the day can spare. Immutable values.
 */

export interface Price {
  /** Seconds. */
  readonly seconds: number
  /** Calls by age in a minute, and those that could be spared: both smoothed over an hour. */
  readonly spent: number
  readonly spared: number
  /** No call by age can be spared: only those that no price can save are made. */
  readonly isExhausted: boolean
  /** Entries fetched at their ttl would cost more than the day has left. */
  readonly isShort: boolean
  /** Epoch milliseconds; undefined: it is not. */
  readonly shortSinceMs: number | undefined
  /** Calls by age that entries kept for their ttl would cost, and the reads they are for; both fade. */
  readonly ttlCalls: number
  readonly ttlReads: number
}

export interface Minute {
  readonly nowMs: number
  /** Calls that the day has left, the reserve for other programs taken off. */
  readonly left: number
  /** Calls of the rest of the day that no price can save. */
  readonly mandatory: number
  readonly reads: number
  readonly readsNextMinute: number
  /** Of the minute that has passed. */
  readonly callsByAge: number
  /** Calls by age that the same reads would have cost with every entry kept for its ttl. */
  readonly callsAtTtl: number
  readonly readsOfMinute: number
  /** The price never falls below this, seconds. */
  readonly floorSeconds: number
}

export const MAX_PRICE_SECONDS = 1e5
const GAIN = 0.02
const MAX_STEP = 0.25
const MINUTES = 60
/** What is not planned: refused requests cost more than unspent calls. */
const PLANNED_SHARE = 0.98
/** How much more than needed must be left before entries are fetched at their ttl again. */
const SLACK = 1.1
/** Until it is known: a read in seven finds its entry past its ttl. */
const FIRST_TTL = { ttlCalls: 15, ttlReads: 100 }
const TTL_FADING = 0.5 ** (1 / (6 * MINUTES))

export const newPrice = (seconds: number): Price => ({
  seconds,
  spent: 0,
  spared: 0,
  isExhausted: false,
  isShort: false,
  shortSinceMs: undefined,
  ...FIRST_TTL,
})

/** Calls by age that the rest of the day can spare; below 0, mandatory ones alone are too many. */
export const discretionary = ({ left, mandatory }: Pick<Minute, 'left' | 'mandatory'>): number =>
  PLANNED_SHARE * left - mandatory

/** The price that decides, seconds. */
export const decidingPrice = ({ seconds, isExhausted }: Price, floorSeconds: number): number =>
  isExhausted ? MAX_PRICE_SECONDS : Math.max(floorSeconds, seconds)

export function nextPrice(before: Price, minute: Minute): Price {
  const spare = discretionary(minute)
  const allowed = (Math.max(0, spare) * (minute.readsNextMinute + 1)) / (minute.reads + 1)
  const smoothed = (old: number, value: number): number => old + (finite(value) - old) / MINUTES
  const spent = smoothed(before.spent, minute.callsByAge)
  const spared = smoothed(before.spared, allowed)
  const step = GAIN * Math.log((spent + 0.1) / (spared + 0.1))
  const wanted = before.seconds * Math.exp(Math.min(MAX_STEP, Math.max(-MAX_STEP, finite(step))))
  const seconds = Math.min(MAX_PRICE_SECONDS, Math.max(minute.floorSeconds, finite(wanted)))
  const ttl = {
    ttlCalls: Math.max(0, before.ttlCalls * TTL_FADING + finite(minute.callsAtTtl)),
    ttlReads: Math.max(1, before.ttlReads * TTL_FADING + finite(minute.readsOfMinute)),
  }
  const atTtl = (ttl.ttlCalls / ttl.ttlReads) * minute.reads
  const isShort = spare <= 0 || (before.isShort ? atTtl * SLACK > spare : atTtl > spare)
  const shortSinceMs = isShort ? (before.shortSinceMs ?? minute.nowMs) : undefined
  return { seconds, spent, spared, isExhausted: spare <= 0, isShort, shortSinceMs, ...ttl }
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0)
