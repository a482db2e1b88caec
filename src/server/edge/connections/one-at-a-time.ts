/**
 * Processes pipelined requests of one connection one after the other. RFC 9112 §9.3.2 allows parallel
 * processing of safe methods only, and a read behind a write expects to see it. So each connection has
 * at most one request in the queue, and a disconnect is noticed, which Node reports for the first
 * request of a pipeline only.
 */

import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../../../observability/metrics.js'

/** Unanswered requests on one connection. Real clients send far fewer. */
export const MAX_PIPELINED = 100

export function oneAtATime(app: FastifyInstance, { connectionsCut }: Metrics): void {
  const waiting = new WeakMap<Socket, number>()

  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw
    // Node gives a response its socket when all responses before it have been sent.
    if (reply.raw.socket === null) {
      const count = (waiting.get(socket) ?? 0) + 1
      waiting.set(socket, count)
      if (count > MAX_PIPELINED && !socket.destroyed) {
        connectionsCut.inc({ cause: 'pipelining' })
        socket.destroy()
      }
      // If the connection ends first, this never resolves, and is collected with its request.
      await new Promise((resolve) => reply.raw.once('socket', resolve))
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
    }
    // RFC 9112 §9.6: after our "close" no further request of this connection is processed.
    return socket.destroyed || socket.writableEnded ? reply.hijack() : undefined
  })
}
