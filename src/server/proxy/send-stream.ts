/** An answer that is passed on piece by piece, and may break off when half of it has been sent. */

import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { upstreamProblem } from '../upstream-problem.js'

export function sendStream(request: FastifyRequest, reply: FastifyReply, body: Readable): void {
  body.once('error', (error) => {
    // Nothing sent yet: Fastify hands it to the error handler.
    if (!reply.raw.headersSent || reply.raw.closed) return
    request.log.warn({ err: upstreamProblem(error) }, 'an answer broke off while it was passed on')
    cutOff(reply.raw)
  })
  reply.send(body)
}

/**
 * A plain close would be the proper end of an answer to HTTP/1.0, which has no other; and
 * `resetAndDestroy()` sends one first. This is what it sets, and `destroy()` reads. TLS knows no reset,
 * but has an end of its own that does not come then; and a socket to a worker knows none, but the worker
 * knows how long the answer had to be.
 */
export function cutOff({ socket }: Pick<ServerResponse, 'socket'>): void {
  const isTcp = socket?.localAddress !== undefined && !(socket instanceof TLSSocket)
  if (isTcp) Object.assign(socket, { resetAndClosing: true })
  socket?.destroy()
}
