/**
 * Response headers as a list of pairs, the way they came: order, casing and repeated names kept.
 */

export type HeaderList = readonly (readonly [name: string, value: string])[]

/** Request headers by lower-case name, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Every value of a header, in order. `name` in lower case. */
export function headerValues(headers: HeaderList, name: string): readonly string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

/** One request header as one string: repeated ones joined as RFC 9110 §5.3 allows. */
export function requestHeader(headers: RequestHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

/**
 * Headers that belong to one connection or one exchange, not to the answer: RFC 9110 §7.6.1, RFC 9111
 * §3.1, and those a cache writes anew (Age, ETag). Set-Cookie is one client's and never stored.
 */
const NEVER_STORED: ReadonlySet<string> = new Set([
  'age',
  'connection',
  'etag',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'set-cookie2',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What is left of an answer's headers when it is stored. */
export function storableHeaders(headers: HeaderList): HeaderList {
  const connection = new Set(
    headerValues(headers, 'connection').flatMap((value) =>
      value.split(',').map((name) => name.trim().toLowerCase()),
    ),
  )
  return headers.filter(([name]) => {
    const key = name.toLowerCase()
    return !NEVER_STORED.has(key) && !connection.has(key)
  })
}
