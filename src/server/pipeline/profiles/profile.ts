/**
 * What the pipeline asks of a cache. There are two: `intervals` knows the resources of the Intervals API,
 * `http` is a shared cache by RFC 9111.
 */

import type { Answer, Content } from '../answer.js'
import type { CacheRead, Found, Lookup } from './cache-read.js'
import type { HeaderRecord } from '../headers.js'
import type { ProxyRequest } from '../request.js'
import type { CallEnd, Sending } from '../upstream-types.js'
import type { UpstreamAnswer } from '../upstream-types.js'
import type { RenderedEntry } from '../render.js'

export interface CacheProfile<E> {
  /** Looks the request up and evaluates what is stored, at this moment. */
  lookup(request: ProxyRequest): Promise<CacheRead<E>>
  /** The same without the directives of this request: did another call store it meanwhile? */
  lookupAgain(request: ProxyRequest, read: CacheRead<E>): Promise<Lookup<E>>
  /** How the call for this request may be shared. */
  coalescing(request: ProxyRequest, read: CacheRead<E>): Coalescing
  /** Raised by every write that touches what this request reads. */
  generation(request: ProxyRequest): number
  /** Resolves when every write that was acknowledged before this call counts in `generation`. */
  caughtUp(request: ProxyRequest): Promise<void> | undefined
  /** Headers of the call that fetches or validates. */
  outgoing(request: ProxyRequest, validated: E | undefined): HeaderRecord
  /** The stored entry that the call may validate. */
  toValidate(read: CacheRead<E>): E | undefined
  /** Stores, freshens or passes on. Undefined: a 304 about another entry; ask again without conditions. */
  accept(
    request: ProxyRequest,
    read: CacheRead<E>,
    fetched: Fetched<E>,
  ): Promise<Answer<E> | undefined>
  /** Whether a request that waited for the call of another one may have its answer. */
  mayShare(answer: Answer<E>, request: ProxyRequest, leader: ProxyRequest): Promise<boolean>
  /** The stored entry, where it is better than this failure. */
  mayReplaceFailure(read: CacheRead<E>, failure: Failure): Found<E> | undefined
  /** Facts about the read for `/-/explain`. */
  describe(request: ProxyRequest, read: CacheRead<E>): Readonly<Record<string, unknown>>
  /** The one place where a stored answer gets its status, headers and body. */
  render(content: Extract<Content<E>, { kind: 'entry' }>, request: ProxyRequest): RenderedEntry
  /** What the proxy says of itself, by the headers of the answer so far. Undefined: Cache-Status only. */
  ownHeaders(
    fields: Readonly<Record<string, string | string[]>>,
    answer: Answer<E>,
  ): Record<string, string> | undefined
  /** For a request that goes past the cache: its headers, and what its answer does to the cache. */
  forwarding(request: ProxyRequest): Forwarding
  /** Undefined: the request changes nothing. */
  invalidation(request: ProxyRequest): Invalidation | undefined
}

export type Coalescing =
  | { readonly kind: 'shared'; readonly key: string }
  /** A call of its own, whose answer is stored. */
  | { readonly kind: 'alone' }
  /** Known to be too large to store: forwarded as it arrives. */
  | { readonly kind: 'forward' }

export interface Fetched<E> {
  /** The entry that the call was conditional on. */
  readonly validated: E | undefined
  readonly response: UpstreamAnswer
  /** Of the moment when the call was sent. */
  readonly generation: number
  readonly purgeCount: number
}

export type Failure =
  { readonly kind: 'status'; readonly status: number } | { readonly kind: 'disconnected' }

export interface Forwarding {
  readonly headers: HeaderRecord
  /** The request ends here, and this is its answer. */
  readonly local?: Pick<Answer<never>, 'content'>
  /** What the answer does to the cache; returns it, with another body if this one was read. */
  readonly passing?: (response: UpstreamAnswer) => Promise<UpstreamAnswer>
}

/** What one write does to the cache, for each attempt to send it. */
export interface Invalidation {
  /**
   * Resolves when no crash can forget that the write is about to be sent; may change its headers. If it
   * rejects, nothing is sent.
   */
  begin(headers: HeaderRecord): Promise<void>
  /** Resolves when every process that answers for this proxy knows what is invalid. Never rejects. */
  end(end: CallEnd): Promise<void>
  /** The same at the last byte of the answer; see `Sending`. */
  readonly completed?: Sending['completed']
}
