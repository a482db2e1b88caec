/** What a cache knows about one request. */

import type { Outcome } from '../../../cache/index.js'

export interface Found<E> {
  readonly entry: E
  readonly ageSeconds: number
  /** Freshness left, whole seconds; negative when stale (RFC 9211 §2.6). */
  readonly ttlSeconds: number
  /** Fresh for longer than its policy says, so that the day's calls last. */
  readonly isStretched?: true
}

/** What the cache has to say to one request at one moment. */
export type Lookup<E> =
  | ({ readonly kind: 'hit' } & Found<E>)
  /** Served at once; one refresh runs behind. */
  | ({ readonly kind: 'stale' } & Found<E>)
  | {
      readonly kind: 'miss'
      readonly reason: Extract<
        Outcome,
        'uri-miss' | 'vary-miss' | 'stale' | 'request' | 'invalidated'
      >
      /** Served if no newer answer can be had. */
      readonly fallback?: Found<E>
      /** What was stored and is too old for any use but a comparison. */
      readonly previous?: E
    }

/** A request that the cache may answer, and what the cache knows about it. */
export interface CacheRead<E> {
  readonly key: string
  readonly found: Lookup<E>
}

/** The client, or a refresh, wants an answer of now, whatever is stored. */
export const requiresFreshAnswer = (read: CacheRead<unknown> | undefined): boolean =>
  read?.found.kind === 'stale' || (read?.found.kind === 'miss' && read.found.reason === 'request')

/** What was stored until now, to compare a newer answer with. */
export const previousOf = <E>({ found }: CacheRead<E>): E | undefined =>
  found.kind === 'miss' ? (found.fallback?.entry ?? found.previous) : found.entry

/** What a request counts as when a call is made for it. */
export const outcomeOf = ({ found }: CacheRead<unknown>): Outcome =>
  found.kind === 'miss' ? found.reason : 'stale'
