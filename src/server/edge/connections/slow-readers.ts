/**
 * Cuts off consumers that take their answer so slowly that they only hold what it needs: the memory,
 * and for a streamed answer one of the sockets to the upstream. Node itself waits for ever.
 *
 * Between two looks at least one piece must have been taken, and pieces have 64 KiB at most.
 */

import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../../../observability/metrics.js'
import type { OpenResponse, OpenResponses } from './open-responses.js'

export function cutSlowReaders(
  app: FastifyInstance,
  open: OpenResponses,
  { connectionsCut, everyMs }: Pick<Metrics, 'connectionsCut'> & { readonly everyMs: number },
): void {
  /** Bytes taken at the last look, where some were waiting to be. */
  let before = new Map<OpenResponse, number>()

  const look = (): void => {
    const now = new Map<OpenResponse, number>()
    for (const response of open.all) {
      const { socket } = response
      // Where nothing waits to be taken it is the upstream that is slow, or our own queue.
      if (socket === null || socket.writableLength === 0) continue
      const taken = socket.bytesWritten - socket.writableLength
      if (before.get(response) === taken) {
        connectionsCut.inc({ cause: 'slow-reader' })
        socket.destroy()
      } else now.set(response, taken)
    }
    before = now
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  app.addHook('onClose', async () => clearInterval(timer))
}
