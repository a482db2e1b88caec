/** Which headers go through, in both directions. Pure. */

import type { IncomingHttpHeaders } from 'node:http'

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

/** Ours to read, or claims about the way that nobody here can vouch for. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'content-length',
  'forwarded',
  'x-real-ip',
  'prefer',
])
const NOT_FORWARDED_PREFIXES = ['intervals-proxy-', 'x-forwarded-']

export type HeaderRecord = Record<string, string | string[]>

/** Names in Connection belong to the connection as well. */
function connectionNamed(connection: string | string[] | undefined): ReadonlySet<string> {
  const values = Array.isArray(connection) ? connection.join(',') : (connection ?? '')
  return new Set(values.split(',').map((name) => name.trim().toLowerCase()))
}

/** What of a consumer's headers goes to the upstream. The length is the sender's to state. */
export function requestHeaders(headers: IncomingHttpHeaders): HeaderRecord {
  const named = connectionNamed(headers.connection)
  const forwarded: HeaderRecord = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || NOT_FORWARDED.has(name)) continue
    if (named.has(name) || NOT_FORWARDED_PREFIXES.some((prefix) => name.startsWith(prefix)))
      continue
    forwarded[name] = value
  }
  return forwarded
}

/**
 * What a fill sends: only what the key covers, so that nothing else can shape an answer that others
 * get. One fixed encoding; consumers' own are served from the stored bytes.
 */
export function fillHeaders(headers: IncomingHttpHeaders): HeaderRecord {
  const sent: HeaderRecord = { 'accept-encoding': 'identity' }
  for (const name of ['accept', 'authorization', 'user-agent'] as const) {
    const value = headers[name]
    if (value !== undefined) sent[name] = value
  }
  return sent
}

/** What of the upstream's headers goes to the consumer. */
export function responseHeaders(headers: IncomingHttpHeaders): HeaderRecord {
  const named = connectionNamed(headers.connection)
  const forwarded: HeaderRecord = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name)) continue
    forwarded[name] = value
  }
  return forwarded
}
