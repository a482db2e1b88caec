/** An answer as a generic cache keeps it: made once, never changed, replaced by what freshens it. */

import { headerValues, type HeaderList } from '../rules/header-list.js'
import type { CachePolicy } from './directives.js'
import { dateOf, initialAgeMs, type Arrival, type Lifetime } from './freshness.js'
import { httpDate, parseHttpDate } from '../../http/http-date.js'
import type { Selecting } from './vary.js'

export interface HttpEntry {
  /** The request-target as it was sent, byte for byte. */
  readonly target: string
  readonly status: number
  /** As they came, without Age and Content-Length: those are for the sender. */
  readonly headers: HeaderList
  readonly body: Buffer
  readonly selecting: Selecting
  readonly policy: CachePolicy
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** When it was made, epoch milliseconds. */
  readonly dateMs: number
  readonly lifetimeMs: number
  /** How old it was at `receivedAtMs`, milliseconds. */
  readonly initialAgeMs: number
  /** When it came, by a clock that nobody sets, milliseconds. */
  readonly receivedAtMs: number
  /** What keeping it costs, bytes. */
  readonly sizeBytes: number
}

export interface NewHttpEntry {
  readonly target: string
  readonly status: number
  /** Without those of the connection (RFC 9110 §7.6.1). */
  readonly headers: HeaderList
  readonly body: Uint8Array
  readonly selecting: Selecting
  readonly policy: CachePolicy
  readonly lifetime: Lifetime
  readonly arrival: Arrival
  /** When it came, by the clock that the age is counted with, milliseconds. */
  readonly receivedAtMs: number
}

/** What an entry, and each header, weighs besides its text, rounded up. */
const ENTRY_OVERHEAD_BYTES = 1_500
const HEADER_OVERHEAD_BYTES = 160

export function createHttpEntry(input: NewHttpEntry): HttpEntry {
  const { target, status, selecting, policy, lifetime, arrival, receivedAtMs } = input
  const headers = keptHeaders(input.headers, policy, arrival.receivedAtWallMs)
  const body = ownedCopy(input.body)
  return Object.freeze({
    target,
    status,
    headers,
    body,
    selecting,
    policy,
    etag: headerValues(headers, 'etag')[0],
    lastModified: headerValues(headers, 'last-modified')[0],
    dateMs: dateOf(headers, arrival.receivedAtWallMs),
    lifetimeMs: lifetime.lifetimeMs,
    initialAgeMs: initialAgeMs(input.headers, arrival),
    receivedAtMs,
    sizeBytes: sizeOf({ target, headers, body, selecting }),
  })
}

/** Age, milliseconds (RFC 9111 §4.2.3). `nowMs` by the clock of `receivedAtMs`. */
export function ageMs(entry: HttpEntry, nowMs: number): number {
  return entry.initialAgeMs + Math.max(0, nowMs - entry.receivedAtMs)
}

/** Freshness left, milliseconds; 0 or less: stale. */
export const freshForMs = (entry: HttpEntry, nowMs: number): number =>
  entry.lifetimeMs - ageMs(entry, nowMs)

/** The same, no longer fresh: to be validated before it is used. */
export const asStale = (entry: HttpEntry): HttpEntry => Object.freeze({ ...entry, lifetimeMs: 0 })

/** Age and length are for the sender to state; a Date that is missing is added (RFC 9110 §6.6.1). */
function keptHeaders(
  headers: HeaderList,
  { unstoredFields }: CachePolicy,
  receivedAtWallMs: number,
): HeaderList {
  const [date] = headerValues(headers, 'date')
  const hasDate = date !== undefined && parseHttpDate(date, receivedAtWallMs) !== undefined
  const dropped = new Set([
    'age',
    'content-length',
    ...unstoredFields,
    ...(hasDate ? [] : ['date']),
  ])
  const kept = headers.filter(([name]) => !dropped.has(name.toLowerCase()))
  return hasDate ? kept : [...kept, ['date', httpDate(receivedAtWallMs)]]
}

function sizeOf(entry: Pick<HttpEntry, 'target' | 'headers' | 'body' | 'selecting'>): number {
  const pairs = [...entry.headers, ...entry.selecting]
  const texts = pairs.map(([name, value = '']) => name.length + value.length)
  const sum = texts.reduce((total, bytes) => total + bytes + HEADER_OVERHEAD_BYTES, 0)
  return ENTRY_OVERHEAD_BYTES + 2 * entry.target.length + sum + entry.body.byteLength
}

/** In a buffer of its own: a slice would keep the whole chunk it was cut from alive. */
function ownedCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength)
  copy.set(bytes)
  return copy
}
