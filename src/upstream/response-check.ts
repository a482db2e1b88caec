/**
 * Checks a response head for what the HTTP parser lets through although it is invalid. undici itself
 * is strict about lengths, chunks and header syntax. Pure.
 */

import type { IncomingHttpHeaders } from 'node:http'
import { UpstreamGarbledError } from './errors.js'

/** Interim responses before the final one: real servers send one or two. */
export const MAX_INTERIM_RESPONSES = 100

/** Codings that change the bytes (RFC 9112 §7.2); the proxy asks for none of them. */
const CODINGS: ReadonlySet<string> = new Set([
  'compress',
  'deflate',
  'gzip',
  'x-compress',
  'x-gzip',
])

/**
 * Undefined: the head is acceptable. `allowsUnknownCoding`: a transfer coding that is not registered says
 * nothing, and the content ends with the connection (RFC 9112 §6.3); by default false.
 */
export function invalidHead(
  status: number,
  headers: IncomingHttpHeaders,
  allowsUnknownCoding = false,
): UpstreamGarbledError | undefined {
  // The proxy asks for no upgrade, so what follows belongs to no protocol (RFC 9110 §15.2.2).
  if (status === 101) return new UpstreamGarbledError('101 Switching Protocols, unsolicited')
  // RFC 9110 §15: other statuses are invalid.
  if (status < 100 || status > 599) return new UpstreamGarbledError(`the status ${status}`)
  // RFC 9112 §7: other codings were not asked for and would be passed on undecoded as the content.
  // undici gives a list for a repeated field, whatever its types say.
  const coding = headers['transfer-encoding'] as unknown
  const name = typeof coding === 'string' ? coding.trim().toLowerCase() : ''
  if (coding === undefined || name === 'chunked') return undefined
  if (allowsUnknownCoding && /^[!#$%&'*+.^_`|~\w-]+$/u.test(name) && !CODINGS.has(name)) {
    return undefined
  }
  return new UpstreamGarbledError('a transfer coding other than chunked')
}
