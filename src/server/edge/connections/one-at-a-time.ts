/**
 * Pipelined requests of one connection, one after the other. RFC 9112 §9.3.2 allows to mix only safe
 * ones, and a read behind a write expects to see it. One place in the queue for each connection, then;
 * and who goes away is noticed, which Node does for the first of a pipeline only.
 */

import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../../../observability/metrics.js'

/** Requests behind the one that is being answered. Nobody who means well sends more unanswered ones. */
export const MAX_PIPELINED = 100

export function oneAtATime(app: FastifyInstance, { connectionsCut }: Metrics): void {
  const waiting = new WeakMap<Socket, number>()

  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw
    // Node gives a response its socket when those before it have been sent.
    if (reply.raw.socket === null) {
      const count = (waiting.get(socket) ?? 0) + 1
      waiting.set(socket, count)
      if (count > MAX_PIPELINED && !socket.destroyed) {
        connectionsCut.inc({ cause: 'pipelining' })
        socket.destroy()
      }
      // If the connection ends before, nothing comes: nobody holds this any more, so it is collected.
      await new Promise((resolve) => reply.raw.once('socket', resolve))
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
    }
    // RFC 9112 §9.6: after our "close" nothing of this connection is processed, though it was read.
    return socket.destroyed || socket.writableEnded ? reply.hijack() : undefined
  })
}
