/** Passes 1xx responses of the upstream on to the client (RFC 9110 §15.2). */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { receivedHeaders } from '../headers.js'

/** Per request. No server sends more; further ones are dropped. */
const MAX_INTERIM = 16

/**
 * Passes on 102 and 103, the two that Node can send, except to HTTP/1.0, which has no 1xx. A 100 concerns
 * only the connection to the upstream; others are dropped.
 */
export function interimTo(
  { raw: { httpVersion } }: FastifyRequest,
  { raw }: FastifyReply,
): (status: number, headers: IncomingHttpHeaders) => void {
  let count = 0
  return (status, headers) => {
    if (httpVersion === '1.0' || raw.headersSent || raw.destroyed) return
    if (++count > MAX_INTERIM) return
    if (status === 102) raw.writeProcessing()
    if (status === 103) sendHints(raw, headers)
  }
}

function sendHints(raw: ServerResponse, headers: IncomingHttpHeaders): void {
  const hints: Record<string, string[]> = {}
  for (const [name, value] of receivedHeaders(headers)) (hints[name] ??= []).push(value)
  const { link, ...rest } = hints
  if (link === undefined) return
  try {
    raw.writeEarlyHints({ ...rest, link })
  } catch {
    // Node rejects a malformed Link, and a hint may be lost.
  }
}
