/** What primary and workers tell each other. Everything that has to be known at once is in the file. */

import type { StoreUsage } from '../cache/index.js'
import type { Config } from '../config/schema.js'
import type { FinishedRequests } from '../observability/request-buffer.js'
import type { LimitUsage } from '../server/proxy/limit-headers.js'

/** How to work; told once, when the worker has said that it is ready. */
export interface Orders {
  readonly config: Config
  readonly edition: string
  /** Where the primary takes what is passed on. */
  readonly socketPath: string
  /** The cache's file. */
  readonly file: string
  readonly secret: Uint8Array
  /** Where to listen; 0 is a free one, the same for all of them. */
  readonly port: number
  /** This worker's part of `server.maxConnections`. */
  readonly maxConnections: number
  /** This worker's part of `cache.maxSize`, bytes. */
  readonly maxBytes: number
  readonly usage: LimitUsage
  /** Answer nothing from the cache. */
  readonly isPassingAll: boolean
  readonly version: string
}

export type ToWorker =
  | { readonly kind: 'start'; readonly orders: Orders }
  | { readonly kind: 'configuration'; readonly config: Config; readonly edition: string }
  /** For the headers RateLimit and RateLimit-Policy. */
  | { readonly kind: 'usage'; readonly usage: LimitUsage }
  /** Take no more connections, finish what is out, end. */
  | { readonly kind: 'stop' }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly host: string; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string }
  /** Since it was told last; and what is in memory now. */
  | {
      readonly kind: 'counted'
      readonly counts: readonly Count[]
      readonly finished: FinishedRequests
      readonly stored: StoreUsage
    }

/** What one counter has gone up by since it was told last. */
export interface Count {
  readonly counter: CountedMetric
  readonly labels: Readonly<Record<string, string | number>>
  readonly by: number
}

/** Those that a worker raises. The names are those of `Metrics`. */
export const COUNTED = ['requests', 'savedCalls', 'connectionsCut'] as const
export type CountedMetric = (typeof COUNTED)[number]
