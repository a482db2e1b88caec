/** What goes from the proxy to its dashboard: one vocabulary for both ends. Numbers and words only. */

/** What became of a request, as people ask for it; see `wayOf` for how it follows from the outcome. */
export const WAYS = [
  /** Fresh, from the cache. */
  'hit',
  /** Stale, from the cache: refreshed behind, or better than no answer. */
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

/** Answers that needed no call of their own. */
export const SAVED: readonly Way[] = ['hit', 'stale', 'joined']

export const CLASSES = ['write', 'interactive', 'background'] as const
export type Class = (typeof CLASSES)[number]

/** What is not there is 0. */
export type Counts = Readonly<Partial<Record<Way, number>>>
export type Durations = readonly [count: number, sumMs: number, longestMs: number]

/** What one resource, consumer or path had in a stretch of time. */
export interface Row {
  readonly name: string
  readonly ways: Counts
  readonly wait: Durations
}

export interface Tables {
  readonly resources: readonly Row[]
  readonly consumers: readonly Row[]
  readonly paths: readonly Row[]
}

/** One minute or one hour. */
export interface Bucket {
  /** Its beginning, epoch milliseconds. */
  readonly at: number
  readonly ways: Counts
  /** Calls that were charged to a day, refreshes behind a stale answer included. */
  readonly calls: number
  readonly waits: Readonly<Partial<Record<Class, Durations>>>
  readonly upstream: Durations
  /** The longest that the queue was, and the most slots that were held. */
  readonly waiting: number
  readonly held: number
  /** Of each account: spent of its day, and its size. Left out where nothing changed. */
  readonly days: Readonly<Record<string, readonly [used: number, max: number]>>
  /** Of hours only. */
  readonly tables?: Tables
}

export interface RecentRequest {
  /** Counts up; not the request's own id. */
  readonly seq: number
  /** When it came, epoch milliseconds. */
  readonly at: number
  readonly id: string
  readonly method: string
  readonly path: string
  /** Cut, and without the values of what may be a secret. */
  readonly query: string
  readonly status: number
  readonly outcome: string
  readonly way: Way
  readonly cacheStatus: string
  readonly account: string
  readonly consumer: string
  /** Eight digits of the token's keyed hash. */
  readonly token: string
  readonly priority: Class
  readonly queuedMs?: number
  readonly upstreamMs?: number
  readonly upstreamStatus?: number
  readonly totalMs: number
}

export type Level = 'good' | 'info' | 'warn' | 'bad'

export interface LoggedEvent {
  readonly id: number
  readonly at: number
  readonly level: Level
  readonly title: string
  readonly detail: string
}

export interface DayStatus {
  readonly account: string
  readonly day: string
  readonly used: number
  readonly max: number
  readonly reserve: number
  readonly kept: {
    readonly consumers: number
    readonly interactive: number
    readonly writes: number
  }
  readonly perHour: number
  readonly lastsUntil: string | null
  readonly reset: string
  readonly quotaRead: string | null
  readonly paused: boolean
}

/** The same as `/-/status`. */
export interface Status {
  readonly version: string
  readonly uptimeSeconds: number
  readonly now: string
  readonly budgets: {
    readonly minute: {
      readonly used: number
      readonly max: number
      readonly ceiling: number
      readonly inFlight: number
      readonly windowSeconds: number
      readonly resetSeconds: number
      readonly paused: boolean
    }
    readonly day: readonly DayStatus[]
  }
  readonly today: {
    readonly since: string
    readonly requests: number
    readonly saved: number
    readonly calls: number
    readonly ways: Readonly<Record<Way, number>>
  }
  readonly pauses: readonly {
    readonly scope: string
    readonly reason: string
    readonly since: string
    readonly leftSeconds: number | null
    readonly untilResumed: boolean
    readonly refusals: number
    readonly detail: string
  }[]
  readonly queue: {
    readonly waiting: Readonly<Record<Class, number>>
    readonly oldestWaitSeconds: number
    readonly maxLength: number
  }
  readonly cache: {
    readonly entries: number
    readonly bytes: number
    readonly maxBytes: number
    readonly flights: number
  }
  readonly upstream: { readonly url: string; readonly clockOffsetMs: number | null }
  readonly consumers: readonly {
    readonly consumer: string
    readonly account: string
    readonly spentToday: number
    readonly shareOfDay: number | null
    readonly keptForIt: number
    readonly waiting: number
  }[]
}

/** Where the history of this page is kept. */
export type KeptIn = 'disk' | 'memory'

/** Everything, at the beginning of a stream. */
export interface Hello {
  readonly status: Status
  /** Milliseconds until each slot comes back, soonest first; the first 400 of them. */
  readonly releases: readonly number[]
  readonly minutes: readonly Bucket[]
  readonly hours: readonly Bucket[]
  readonly requests: readonly RecentRequest[]
  readonly events: readonly LoggedEvent[]
  readonly accounts: readonly string[]
  readonly keptIn: KeptIn
  /** Several proxies share the budgets, and this page shows what one of them did. */
  readonly isReplica: boolean
}

/** What is new, once a second. Buckets and events replace those of the same beginning or id. */
export interface Tick {
  readonly status: Status
  readonly releases: readonly number[]
  readonly minutes: readonly Bucket[]
  readonly hours: readonly Bucket[]
  readonly requests: readonly RecentRequest[]
  readonly events: readonly LoggedEvent[]
}
