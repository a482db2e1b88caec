/** What a layer returns: the answer to one request, and how it came about. Never changed once made. */

import type { Readable } from 'node:stream'
import type { CacheStatusParameters, HeaderList, Outcome } from '../../cache/index.js'
import type { ProblemCode } from '../errors/problems.js'
import type { CallCost } from './upstream-types.js'

export interface Answer<E = unknown> {
  readonly content: Content<E>
  readonly outcome: Outcome
  readonly cacheStatus: CacheStatusParameters
  /** The cache key, if the cache was asked. Logged as a hash only. */
  readonly key?: string
  /** Undefined: no call was made for this request. */
  readonly cost?: CallCost | undefined
  /** The error, if the proxy itself made the answer. */
  readonly problem?: ProblemCode
}

export type Content<E = unknown> =
  /** A cache entry; `received`: it was made of these response headers just now, and not served from the cache. */
  | { readonly kind: 'entry'; readonly entry: E; readonly received?: HeaderList }
  /** Passed on as it arrives; `claim` gives the body once, to one of the requests that waited for it. */
  | {
      readonly kind: 'stream'
      readonly status: number
      readonly headers: HeaderList
      readonly claim: () => Readable | undefined
    }
  | {
      readonly kind: 'bytes'
      readonly status: number
      readonly headers: HeaderList
      readonly body: Buffer
    }

/** A body that one request takes. */
export const claimOf = (body: Readable): (() => Readable | undefined) => {
  let left: Readable | undefined = body
  return () => {
    const taken = left
    left = undefined
    return taken
  }
}
