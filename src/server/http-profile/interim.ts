/** 1xx answers on their way to the consumer (RFC 9110 §15.2). */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { responseHeaders } from '../proxy/headers.js'

/** More than any server sends before it comes to the point; what is past it is dropped. */
const MAX_INTERIM = 16

/**
 * Passes on 102 and 103, which is what Node can send; not to HTTP/1.0, which knows none. 100 is
 * between us and the upstream, others are dropped.
 */
export function interimTo(
  request: FastifyRequest,
  reply: FastifyReply,
): (status: number, headers: IncomingHttpHeaders) => void {
  let count = 0
  return (status, headers) => {
    const { raw } = reply
    if (request.raw.httpVersion === '1.0' || raw.headersSent || raw.destroyed) return
    if (++count > MAX_INTERIM) return
    if (status === 102) raw.writeProcessing()
    if (status === 103) sendHints(raw, headers)
  }
}

function sendHints(raw: ServerResponse, headers: IncomingHttpHeaders): void {
  const { link, ...rest } = responseHeaders(headers)
  if (link === undefined) return
  try {
    raw.writeEarlyHints({ ...rest, link })
  } catch {
    // Node takes no links that are written wrong, and a hint is only a hint.
  }
}
