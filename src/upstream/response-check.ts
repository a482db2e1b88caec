/**
 * Checks a response head for what the HTTP parser lets through although it is invalid. undici itself
 * is strict about lengths, chunks and header syntax. Pure.
 */

import type { IncomingHttpHeaders } from 'node:http'
import { UpstreamGarbledError } from './errors.js'

/** Interim responses before the final one: real servers send one or two. */
export const MAX_INTERIM_RESPONSES = 100

/** Undefined: the head is acceptable. */
export function invalidHead(
  status: number,
  headers: IncomingHttpHeaders,
): UpstreamGarbledError | undefined {
  // The proxy asks for no upgrade, so what follows belongs to no protocol (RFC 9110 §15.2.2).
  if (status === 101) return new UpstreamGarbledError('101 Switching Protocols, unsolicited')
  // RFC 9110 §15: other statuses are invalid.
  if (status < 100 || status > 599) return new UpstreamGarbledError(`the status ${status}`)
  // RFC 9112 §7: other codings were not asked for and would be passed on undecoded as the content.
  // undici gives a list for a repeated field, whatever its types say.
  const coding = headers['transfer-encoding'] as unknown
  const isChunked = typeof coding === 'string' && coding.trim().toLowerCase() === 'chunked'
  if (coding !== undefined && !isChunked) {
    return new UpstreamGarbledError('a transfer coding other than chunked')
  }
  return undefined
}
