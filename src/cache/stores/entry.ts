/** A stored answer: made once, never changed, served as often as it is fresh. */

import { strongEtag } from '../rules/etag.js'
import { storableHeaders, type HeaderList } from '../rules/header-list.js'
import type { ResourcePolicy } from '../resources/policy.js'
import type { ResourceName } from '../resources/resource-name.js'
import { sharedHeaders, sharedText } from './shared-texts.js'

export interface StoredResponse {
  readonly status: number
  readonly statusText?: string
  /** As sent, without what is never stored (see `storableHeaders`); Age and ETag are for the sender. */
  readonly headers: HeaderList
  readonly body: Buffer
  /** The same, compressed, where that is worth it. */
  readonly gzipped?: Buffer
  /** Our own strong tag, quoted. */
  readonly etag: string
  readonly account: string
  readonly resource: ResourceName
  /** The normalised path, for purging. */
  readonly path: string
  /** The generation under which it was fetched: once that has passed, it is never served again. */
  readonly generation: number
  /** Since when its age counts, epoch milliseconds. */
  readonly storedAtMs: number
  /** Fresh before this moment, epoch milliseconds. */
  readonly freshUntilMs: number
  /** Of some use before this moment, epoch milliseconds. */
  readonly staleUntilMs: number
  /** What keeping it costs, bytes: both forms of the body, headers, key and overhead. */
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
  /** When the request left: the answer may be that old already (RFC 9111 §4.2.3). Epoch milliseconds. */
  readonly sentAtMs: number
}

/** The longest that a refusal or an absence is believed, milliseconds; it is never served stale. */
export const NEGATIVE_TTL_MS = 10_000

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
  const freshUntilMs = sentAtMs + ttlMs
  const headers = storableHeaders(input.headers)
  const { body } = input
  return keptEntry({
    status,
    ...(statusText !== undefined && { statusText }),
    headers,
    body,
    etag: strongEtag(headers, body),
    account,
    resource,
    path,
    generation,
    storedAtMs: sentAtMs,
    freshUntilMs,
    staleUntilMs: isNegative ? freshUntilMs : freshUntilMs + policy.staleMs,
    sizeBytes: sizeOf(key, headers, body),
  })
}

/**
 * The same answer as it is kept, whoever made it: with bytes of its own, since a slice would keep the
 * whole chunk or pool that it was cut from alive; and with the texts that it has in common with others.
 */
export function keptEntry(entry: Kept): StoredResponse {
  const { statusText, gzipped } = entry
  return Object.freeze({
    status: entry.status,
    ...(statusText !== undefined && { statusText: sharedText(statusText) }),
    headers: sharedHeaders(entry.headers),
    body: ownedCopy(entry.body),
    ...(gzipped !== undefined && { gzipped: ownedCopy(gzipped) }),
    etag: entry.etag,
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

/** The same answer, no longer fresh; the stale window stays. */
export function asStale(entry: StoredResponse): StoredResponse {
  return Object.freeze({ ...entry, freshUntilMs: entry.storedAtMs })
}

function sizeOf(key: string, headers: HeaderList, body: Uint8Array): number {
  const headerBytes = headers.map(([name, value]) => name.length + value.length)
  const sum = headerBytes.reduce((total, bytes) => total + bytes + HEADER_OVERHEAD_BYTES, 0)
  return ENTRY_OVERHEAD_BYTES + key.length + sum + body.byteLength
}

function ownedCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength)
  copy.set(bytes)
  return copy
}
