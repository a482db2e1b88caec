/** Messages between primary and workers. What has to be known at once is in the cache's file instead. */

import type { StoreUsage } from '../cache/index.js'
import type { Config } from '../config/schema.js'
import type { FinishedRequests } from '../observability/request-buffer.js'
import type { Remaining } from '../limits/index.js'

/** What is left of the limits, for the headers RateLimit and RateLimit-Policy. */
export interface LimitUsage {
  readonly window: Remaining['window']
  readonly days: Readonly<Record<string, NonNullable<Remaining['day']>>>
}

/** Sent once, when the worker has reported that it is ready. */
export interface WorkerConfig {
  readonly config: Config
  readonly edition: string
  /** Where the primary takes relayed requests. */
  readonly socketPath: string
  /** The cache's file. */
  readonly file: string
  readonly secret: Uint8Array
  /** Where to listen; 0 is a free port, the same for all workers. */
  readonly port: number
  /** This worker's part of `server.maxConnections`. */
  readonly maxConnections: number
  /** This worker's part of `cache.maxSize`, bytes. */
  readonly maxBytes: number
  readonly usage: LimitUsage
  /** Answer nothing from the cache. */
  readonly isRelayingAll: boolean
  readonly version: string
}

export type ToWorker =
  | { readonly kind: 'start'; readonly worker: WorkerConfig }
  | { readonly kind: 'configuration'; readonly config: Config; readonly edition: string }
  /** For the headers RateLimit and RateLimit-Policy. */
  | { readonly kind: 'usage'; readonly usage: LimitUsage }
  /** Take no more connections, finish the requests in flight, end. */
  | { readonly kind: 'stop' }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly host: string; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string }
  /** Since the last such message; and the entries in memory now. */
  | {
      readonly kind: 'counted'
      readonly counts: readonly Count[]
      readonly finished: FinishedRequests
      readonly stored: StoreUsage
    }

/** The increase of one counter since the last message. */
export interface Count {
  readonly counter: CountedMetric
  readonly labels: Readonly<Record<string, string | number>>
  readonly by: number
}

/** The counters that a worker raises, by their names in `Metrics`. */
export const COUNTED = ['requests', 'savedCalls', 'connectionsCut', 'logLinesDropped'] as const
export type CountedMetric = (typeof COUNTED)[number]
