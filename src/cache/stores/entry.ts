/** A cache entry: immutable, and served as long as it is fresh. */

import { strongEtag } from '../rules/etag.js'
import { headerValues, storableHeaders, type HeaderList } from '../rules/header-list.js'
import type { ResourcePolicy } from '../resources/policy.js'
import type { ResourceName } from '../resources/resource-name.js'
import { sharedHeaders, sharedText } from './shared-texts.js'

export interface StoredResponse {
  readonly status: number
  readonly statusText?: string
  /** The response headers as received, without the headers that `storableHeaders` drops. */
  readonly headers: HeaderList
  readonly body: Buffer
  /** The same, compressed, where that is worth it. */
  readonly gzipped?: Buffer
  /** Our own strong tag, quoted. */
  readonly etag: string
  /** The upstream's tag, for `translateIfMatch`. */
  readonly upstreamEtag?: string
  readonly account: string
  readonly resource: ResourceName
  /** The normalised path, for purging. */
  readonly path: string
  /** The generation when it was fetched: it is not served under a newer one. */
  readonly generation: number
  /** The moment from which its age counts, epoch milliseconds. */
  readonly storedAtMs: number
  /** Fresh before this moment, epoch milliseconds. */
  readonly freshUntilMs: number
  /** May be served stale before this moment, epoch milliseconds. */
  readonly staleUntilMs: number
  /** Bytes of memory that it takes: both forms of the body, headers, key and overhead. */
  readonly sizeBytes: number
}

export interface NewEntry {
  readonly key: string
  readonly status: number
  readonly statusText?: string
  readonly headers: HeaderList
  readonly body: Uint8Array
  readonly account: string
  readonly resource: ResourceName
  readonly path: string
  readonly generation: number
  readonly policy: ResourcePolicy
  /** When the request was sent, epoch milliseconds: the answer may be that old (RFC 9111 §4.2.3). */
  readonly sentAtMs: number
}

/** The longest ttl of a 403 or 404, milliseconds. They are never served stale. */
export const NEGATIVE_TTL_MS = 10_000

/** A longer Age counts as this one. Far longer than anything is served. */
const MAX_AGE_SECONDS = 1e9

/**
 * What an entry, and each header of its own, weighs besides its text: measured on Node 20 by the memory of
 * the process, rounded up. Headers that many entries have in common weigh less than is counted.
 */
const ENTRY_OVERHEAD_BYTES = 1_000
const HEADER_OVERHEAD_BYTES = 100

export function createEntry(input: NewEntry): StoredResponse {
  const { key, status, statusText, account, resource, path, generation, policy, sentAtMs } = input
  const isNegative = status !== 200
  const ttlMs = isNegative ? Math.min(policy.ttlMs, NEGATIVE_TTL_MS) : policy.ttlMs
  // An answer from a cache in front of the upstream is older than the request (RFC 9111 §4.2.3).
  const age = headerValues(input.headers, 'age')[0] ?? ''
  const storedAtMs =
    sentAtMs - (/^\d+$/u.test(age) ? Math.min(Number(age), MAX_AGE_SECONDS) : 0) * 1_000
  const freshUntilMs = storedAtMs + ttlMs
  const headers = storableHeaders(input.headers)
  const upstreamEtag = headerValues(input.headers, 'etag')[0]
  const { body } = input
  return keptEntry({
    status,
    ...(statusText !== undefined && { statusText }),
    headers,
    body,
    etag: strongEtag(headers, body),
    ...(upstreamEtag !== undefined && { upstreamEtag }),
    account,
    resource,
    path,
    generation,
    storedAtMs,
    freshUntilMs,
    staleUntilMs: isNegative ? freshUntilMs : freshUntilMs + policy.staleMs,
    sizeBytes: sizeOf(key, headers, body) + (upstreamEtag?.length ?? 0),
  })
}

/**
 * The same answer as it is kept, whoever made it: with bytes of its own, since a slice would keep the
 * whole chunk or pool that it was cut from alive; and with the texts that it has in common with others.
 */
export function keptEntry(entry: Kept): StoredResponse {
  const { statusText, gzipped, upstreamEtag } = entry
  return Object.freeze({
    status: entry.status,
    ...(statusText !== undefined && { statusText: sharedText(statusText) }),
    headers: sharedHeaders(entry.headers),
    body: ownedCopy(entry.body),
    ...(gzipped !== undefined && { gzipped: ownedCopy(gzipped) }),
    etag: entry.etag,
    ...(upstreamEtag !== undefined && { upstreamEtag }),
    account: sharedText(entry.account),
    resource: sharedText(entry.resource),
    path: sharedText(entry.path),
    generation: entry.generation,
    storedAtMs: entry.storedAtMs,
    freshUntilMs: entry.freshUntilMs,
    staleUntilMs: entry.staleUntilMs,
    sizeBytes: entry.sizeBytes,
  })
}

/** An entry whose bytes may be a part of larger ones. */
type Kept = Omit<StoredResponse, 'body' | 'gzipped'> & {
  readonly body: Uint8Array
  readonly gzipped?: Uint8Array
}

/** The same answer, no longer fresh: served at once while a newer one is fetched. The stale window stays. */
export function asStale(entry: StoredResponse): StoredResponse {
  return Object.freeze({ ...entry, freshUntilMs: entry.storedAtMs })
}

/** The same answer, past its ttl: readers wait for a newer one, and get this one if none can be had. */
export function asExpired(entry: StoredResponse): StoredResponse {
  // An entry that was never fresh would be served at once; see `freshnessOf`.
  return Object.freeze({ ...entry, freshUntilMs: entry.storedAtMs + 1 })
}

function sizeOf(key: string, headers: HeaderList, body: Uint8Array): number {
  let bytes = ENTRY_OVERHEAD_BYTES + key.length + body.byteLength
  for (const [name, value] of headers) bytes += name.length + value.length + HEADER_OVERHEAD_BYTES
  return bytes
}

function ownedCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength)
  copy.set(bytes)
  return copy
}
