import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

export interface OpenResponses {
  /** Requests that have come and whose answers have not ended, in the order in which they came. */
  readonly all: ReadonlySet<ServerResponse>
  /** Resolves when there are none. */
  untilNone(): Promise<void>
}

/** One listener on each response for everybody who wants to know of its end. */
export function openResponses(app: FastifyInstance): OpenResponses {
  const all = new Set<ServerResponse>()
  const waiting = new Set<() => void>()

  app.addHook('onRequest', async (_request, reply) => {
    all.add(reply.raw)
    reply.raw.once('close', () => {
      all.delete(reply.raw)
      if (all.size > 0) return
      for (const resolve of waiting) resolve()
      waiting.clear()
    })
  })
  return {
    all,
    async untilNone() {
      if (all.size > 0) await new Promise<void>((resolve) => waiting.add(resolve))
    },
  }
}
