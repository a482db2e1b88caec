/** The words in which finished requests are counted, for the core, the commands and the page alike. */

/** What became of a request; `wayOf` in request-record.ts says how it follows from the outcome. */
export const WAYS = [
  /** Fresh, from the cache. */
  'hit',
  /** Stale, from the cache: refreshed in the background, or better than no answer. */
  'stale',
  /** Shared the call of another request. */
  'joined',
  /** A read that needed a call, and whose answer may be stored. */
  'fetched',
  /** A read that never goes through the cache. */
  'passed',
  'write',
  /** Refused by the proxy: no call was made. */
  'refused',
  /** The upstream failed, or could not be reached. */
  'failed',
] as const
export type Way = (typeof WAYS)[number]

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  hit: 'hit',
  stale: 'stale',
  joined: 'joined',
  fetched: 'fetched',
  passed: 'passed on',
  write: 'write',
  refused: 'refused',
  failed: 'failed',
}

/** Answers that needed no call of their own. */
export const SAVED: readonly Way[] = ['hit', 'stale', 'joined']

/** Ways that did not occur are left out. */
export type WayCounts = Readonly<Partial<Record<Way, number>>>

/** Milliseconds. */
export type Durations = readonly [count: number, sumMs: number, longestMs: number]

export const NO_DURATIONS: Durations = [0, 0, 0]

export const addDurations = (
  [count, sumMs, longestMs]: Durations,
  [moreCount, moreSumMs, moreLongestMs]: Durations,
): Durations => [count + moreCount, sumMs + moreSumMs, Math.max(longestMs, moreLongestMs)]

/** The classes of the queue, the most urgent first; the page cannot import them from src/limits. */
export const CLASSES = ['write', 'interactive', 'background'] as const
export type Class = (typeof CLASSES)[number]
