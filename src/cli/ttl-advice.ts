/** What the change rates that a proxy has learnt say about the ttl of each resource. Pure. */

import type { FreshnessStatus } from '../report/status-report.js'

type Shapes = FreshnessStatus['accounts'][number]['shapes']

export interface TtlAdvice {
  readonly resource: string
  readonly looksPerDay: number
  /** Of the shape of its requests that changes most often. */
  readonly changesPerDay: number
  readonly ttlSeconds: number
  readonly suggestedSeconds: number
  /** Positive: more calls than now. */
  readonly callsPerDay: number
  /** Expected mean staleness of answers from the cache, seconds, with the suggestion and now. */
  readonly staleSeconds: number
  readonly staleSecondsNow: number
}

export interface Advice {
  readonly resources: readonly TtlAdvice[]
  /** Resources with too few looks for a suggestion. */
  readonly unknown: readonly string[]
}

/** Seconds of expected staleness that justify a call: the least price of the mode `saving`. */
export const ADVISED_PRICE_SECONDS = 10
/** With fewer, the rate is a guess. */
export const MIN_LOOKS = 5
const DAY_SECONDS = 86_400
/** Looks fade with a half-life of a day, so this many of those remembered were made in the last one. */
const FADED = Math.LN2
/** What a person would write. */
const NICE_SECONDS = [
  5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400,
]

/** Of several accounts, the one whose answers change most often decides, since the settings are for all. */
export function adviceOf({ accounts }: FreshnessStatus): Advice {
  const byResource = new Map<string, Shapes[number][]>()
  for (const shape of accounts.flatMap(({ shapes }) => shapes)) {
    const [resource = ''] = shape.shape.split(/[/?]/u)
    const shapes = byResource.get(resource)
    if (shapes === undefined) byResource.set(resource, [shape])
    else shapes.push(shape)
  }
  const resources: TtlAdvice[] = []
  const unknown: string[] = []
  for (const [resource, shapes] of [...byResource].toSorted(([a], [b]) => a.localeCompare(b))) {
    const known = shapes.filter(({ looks, ttlSeconds }) => looks >= MIN_LOOKS && ttlSeconds > 0)
    if (known.length > 0) resources.push(suggestionFor(resource, known))
    else unknown.push(resource)
  }
  return { resources, unknown }
}

function suggestionFor(resource: string, shapes: Shapes): TtlAdvice {
  const changesPerDay = Math.max(...shapes.map((shape) => shape.changesPerDay))
  const looksPerDay = FADED * shapes.reduce((sum, { looks }) => sum + looks, 0)
  const ttlSeconds = Math.min(...shapes.map((shape) => shape.ttlSeconds))
  const rate = changesPerDay / DAY_SECONDS
  const best = rate === 0 ? Infinity : Math.sqrt((2 * ADVISED_PRICE_SECONDS) / rate)
  const suggestedSeconds = NICE_SECONDS.findLast((nice) => nice <= best) ?? 5
  return {
    resource,
    looksPerDay: Math.round(looksPerDay),
    changesPerDay,
    ttlSeconds,
    suggestedSeconds,
    callsPerDay: Math.round(looksPerDay * (ttlSeconds / suggestedSeconds - 1)),
    staleSeconds: meanStaleness(rate, suggestedSeconds),
    staleSecondsNow: meanStaleness(rate, ttlSeconds),
  }
}

/** An answer of age t is out of date for rate * t² / 2 seconds on average, and ages are even up to the ttl. */
const meanStaleness = (rate: number, ttlSeconds: number): number =>
  Number(((rate * ttlSeconds ** 2) / 6).toPrecision(2))
