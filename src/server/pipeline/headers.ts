/** Which headers go through, in both directions. Pure. */

import type { IncomingHttpHeaders } from 'node:http'
import type { HeaderList } from '../../cache/index.js'

/** Of the connection and not of the message (RFC 9110 §7.6.1), and what speaks to a proxy only. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Ours to read, or told by whoever stands before us: where a consumer is, whom it asked and for what.
 * Intervals is somebody else's, so it is told nothing about consumers; and some servers would take
 * another path, host or address from these than those that the cache has gone by.
 */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'content-length',
  'idempotency-key',
  'prefer',
  'via',
  // Traces of others; who is told of ours, and when, is in ../tracing.
  'traceparent',
  'tracestate',
  'baggage',
  'forwarded',
  'base-url',
  'cf-connecting-ip',
  'client-ip',
  'fastly-client-ip',
  'front-end-https',
  'request-uri',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-host',
  'x-http-destinationurl',
  'x-http-host-override',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-ip',
  'x-rewrite-url',
])
const NOT_FORWARDED_PREFIXES = [
  'intervals-proxy-',
  'x-accel-',
  'x-forwarded-',
  'x-original-',
  'x-originating-',
]

/** CGI and what came after it make `X_FORWARDED_FOR` of both `x-forwarded-for` and `x_forwarded_for`. */
function isForwarded(name: string): boolean {
  const plain = name.replaceAll('_', '-')
  if (HOP_BY_HOP.has(plain) || NOT_FORWARDED.has(plain)) return false
  if (NOT_FORWARDED_PREFIXES.some((prefix) => plain.startsWith(prefix))) return false
  return plain !== 'x-forwarded' && (plain === name || !DECIDES.has(plain))
}

/** Not under another name than their own. */
const DECIDES: ReadonlySet<string> = new Set(['authorization', 'content-type', 'cookie'])

export type HeaderRecord = Record<string, string | string[]>

/** Names in Connection belong to the connection as well. */
function connectionNamed(connection: string | string[] | undefined): ReadonlySet<string> {
  const values = Array.isArray(connection) ? connection.join(',') : (connection ?? '')
  return new Set(values.split(',').map((name) => name.trim().toLowerCase()))
}

/** What of a consumer's headers goes to the upstream. The length is the sender's to state. */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  authorization: string | undefined,
): HeaderRecord {
  const named = connectionNamed(headers.connection)
  const forwarded: HeaderRecord = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || named.has(name) || !isForwarded(name)) continue
    forwarded[name] = value
  }
  return withAuthorization(forwarded, authorization)
}

/** A consumer's key stays here; what goes out is what it stands for. */
function withAuthorization(sent: HeaderRecord, authorization: string | undefined): HeaderRecord {
  const { authorization: _, ...headers } = sent
  return authorization === undefined ? headers : { ...headers, authorization }
}

/**
 * What a fill sends: only what the key covers, so that nothing else can shape an answer that others
 * get. One fixed encoding; consumers' own are served from the stored bytes.
 */
export function fillHeaders(
  headers: IncomingHttpHeaders,
  authorization: string | undefined,
  varyFields: readonly string[] = [],
): HeaderRecord {
  const sent: HeaderRecord = { 'accept-encoding': 'identity' }
  for (const name of ['accept', 'user-agent', ...varyFields]) {
    const value = headers[name]
    if (value !== undefined && isForwarded(name)) sent[name] = value
  }
  return withAuthorization(sent, authorization)
}

/** The pairs by name. Without a prototype, because a header may be called `constructor`. */
export function headerRecord(headers: HeaderList): HeaderRecord {
  const fields = Object.create(null) as HeaderRecord
  for (const [name, value] of headers) {
    const before = fields[name]
    if (before === undefined) fields[name] = value
    // Pushed: with a new array for each value, thousands of one name would hold up the event loop.
    else if (Array.isArray(before)) before.push(value)
    else fields[name] = [before, value]
  }
  return fields
}

/** Headers of a response, end to end only: as pairs, every value of a repeated one kept. */
export function receivedHeaders(headers: IncomingHttpHeaders): HeaderList {
  const named = connectionNamed(headers.connection)
  const received: [string, string][] = []
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name)) continue
    if (typeof value === 'string') received.push([name, value])
    else for (const one of value) received.push([name, one])
  }
  return received
}
