/** What goes from the proxy to its dashboard: one vocabulary for both ends. Numbers and words only. */

import type { Status } from '../../report/status-report.js'
import type { Durations, Class, Way, WayCounts } from '../../report/traffic.js'

/** What one resource, consumer or path had in a stretch of time. */
export interface Row {
  readonly name: string
  readonly ways: WayCounts
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
  readonly ways: WayCounts
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
  /** null: nothing of an answer was sent. */
  readonly status: number | null
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

/** Where the history of this page is kept. */
export type KeptIn = 'disk' | 'memory'

/** What is new, once a second. Buckets and events replace the ones with the same start time or id. */
export interface Tick {
  readonly status: Status
  /** Milliseconds until each slot comes back, soonest first; the first 400 of them. */
  readonly releases: readonly number[]
  readonly minutes: readonly Bucket[]
  readonly hours: readonly Bucket[]
  readonly requests: readonly RecentRequest[]
  readonly events: readonly LoggedEvent[]
}

/** Everything, at the beginning of a stream. */
export interface Hello extends Tick {
  readonly accounts: readonly string[]
  readonly keptIn: KeptIn
  /** Several proxies share the budgets, and this page shows what one of them did. */
  readonly isReplica: boolean
}
