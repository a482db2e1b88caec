import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

type Listener = (request: FastifyRequest, reply: FastifyReply) => void

export interface OpenResponses {
  /** Requests that have come and whose answers have not ended, in the order in which they came. */
  readonly all: ReadonlySet<ServerResponse>
  /** One more; `ended` is called when it has, whole or not. */
  watch(response: ServerResponse, ended?: () => void): void
  /** Resolves when there are none. */
  untilNone(): Promise<void>
  /** Called for each answer whose connection ended before it did. */
  onCut(listener: Listener): void
}

/** One listener on each response for everybody who wants to know of its end. */
export function openResponses(app: FastifyInstance): OpenResponses {
  const all = new Set<ServerResponse>()
  const waiting = new Set<() => void>()
  const listeners: Listener[] = []

  function watch(response: ServerResponse, ended?: () => void): void {
    all.add(response)
    response.once('close', () => {
      all.delete(response)
      ended?.()
      if (all.size > 0) return
      for (const resolve of waiting) resolve()
      waiting.clear()
    })
  }

  app.addHook('onRequest', async (request, reply) => {
    watch(reply.raw, () => {
      if (!reply.raw.writableFinished) for (const listener of listeners) listener(request, reply)
    })
  })
  return {
    all,
    watch,
    onCut: (listener) => void listeners.push(listener),
    async untilNone() {
      if (all.size > 0) await new Promise<void>((resolve) => waiting.add(resolve))
    },
  }
}
