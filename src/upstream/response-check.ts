/**
 * What the HTTP parser lets through and is no answer all the same. undici reads lengths, chunks and
 * header syntax strictly by itself. Pure.
 */

import type { IncomingHttpHeaders } from 'node:http'

/** The upstream's answer is none. The upstream may have carried the request out. */
export class UpstreamGarbledError extends Error {
  readonly code = 'UPSTREAM_GARBLED'
}

/** Interim answers before the final one, at most: real servers send one or two. */
export const MAX_INTERIM_ANSWERS = 100

/** Undefined: nothing speaks against it. */
export function objectionTo(
  status: number,
  headers: IncomingHttpHeaders,
): UpstreamGarbledError | undefined {
  // Nobody asked for an upgrade, so what follows is nobody's (RFC 9110 §15.2.2).
  if (status === 101) return new UpstreamGarbledError('101 Switching Protocols, unasked')
  // RFC 9110 §15: a status outside of these is invalid.
  if (status < 100 || status > 599) return new UpstreamGarbledError(`the status ${status}`)
  // RFC 9112 §7: none was asked for, and it would be passed on undecoded as if it were the content.
  const coding = headers['transfer-encoding']
  if (coding !== undefined && !isChunked(coding)) {
    return new UpstreamGarbledError('a transfer coding other than chunked')
  }
  return undefined
}

/** undici has a list where the field is repeated, whatever its types say. */
const isChunked = (coding: string | readonly string[]): boolean =>
  typeof coding === 'string' && coding.trim().toLowerCase() === 'chunked'
