/**
 * Cuts off consumers that take their answer so slowly that they only hold what it needs: the memory,
 * and for a streamed answer one of the sockets to the upstream. Node itself waits for ever.
 *
 * Between two looks at least one piece must have been taken, and pieces have 64 KiB at most.
 */

import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.js'

export function cutSlowReaders(
  app: FastifyInstance,
  { connectionsCut }: Metrics,
  { everyMs }: { readonly everyMs: number },
): void {
  /** Bytes written at the last look; undefined before the first one. */
  const open = new Map<ServerResponse, number | undefined>()

  const look = (): void => {
    for (const [response, before] of open) {
      const { socket } = response
      // Where nothing waits to be taken it is the upstream that is slow, or our own queue.
      const isWaiting = socket !== null && socket.writableLength > 0
      const taken = socket === null ? 0 : socket.bytesWritten - socket.writableLength
      if (isWaiting && before !== undefined && taken === before) {
        connectionsCut.inc({ cause: 'slow-reader' })
        socket.destroy()
        open.delete(response)
      } else open.set(response, isWaiting ? taken : undefined)
    }
  }
  const timer = setInterval(look, everyMs)
  timer.unref()

  app.addHook('onSend', async (_request, reply) => {
    open.set(reply.raw, undefined)
    reply.raw.once('close', () => open.delete(reply.raw))
  })
  app.addHook('onClose', async () => clearInterval(timer))
}
