/** Response headers as a list of pairs, as received: order, casing and repeated names are kept. */

export type HeaderList = readonly (readonly [name: string, value: string])[]

/** Request headers by lower-case name, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Every value of a header, in order. `name` in lower case. */
export function headerValues(headers: HeaderList, name: string): readonly string[] {
  const values: string[] = []
  for (const [key, value] of headers) {
    if (key.length === name.length && key.toLowerCase() === name) values.push(value)
  }
  return values
}

/** One request header as one string: repeated ones joined as RFC 9110 §5.3 allows. */
export function requestHeader(headers: RequestHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

/** Sent to the client whose call it was, and never with a hit. */
export const OF_ONE_EXCHANGE: ReadonlySet<string> = new Set([
  'age',
  'retry-after',
  'set-cookie',
  'set-cookie2',
  'www-authenticate',
])

const NEVER_STORED: ReadonlySet<string> = new Set([
  ...OF_ONE_EXCHANGE,
  // Of one connection (RFC 9110 §7.6.1, RFC 9111 §3.1).
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Written by the proxy for each answer.
  'cache-status',
  'etag',
  'idempotent-replayed',
  'ratelimit',
  'ratelimit-policy',
  'server-timing',
  'x-request-id',
])

/** The headers that are stored with an answer. */
export function storableHeaders(headers: HeaderList): HeaderList {
  const connection = new Set<string>()
  for (const value of headerValues(headers, 'connection')) {
    for (const name of value.split(',')) connection.add(name.trim().toLowerCase())
  }
  const stored: [string, string][] = []
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (!NEVER_STORED.has(key) && !connection.has(key)) stored.push([name, value])
  }
  return stored
}
