import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** An answer that is under way; its connection, as soon as it is its turn there. */
export interface OpenResponse {
  readonly socket: Socket | null
}

type Listener = (request: FastifyRequest, reply: FastifyReply) => void

export interface OpenResponses {
  /** Requests that have come and whose answers have not ended, in the order in which they came. */
  readonly all: ReadonlySet<OpenResponse>
  /** One more; `ended` is called when it has, whole or not. */
  watch(response: ServerResponse, ended?: () => void): void
  /** The same for an answer that no ServerResponse stands for, until what is returned is called. */
  hold(socket: Socket): () => void
  /** Resolves when there are none. */
  untilNone(): Promise<void>
  /** Called for each answer whose connection ended before it did. */
  onCut(listener: Listener): void
}

/** One listener on each response for everybody who wants to know of its end. */
export function openResponses(app: FastifyInstance): OpenResponses {
  const all = new Set<OpenResponse>()
  const waiting = new Set<() => void>()
  const listeners: Listener[] = []

  function end(response: OpenResponse, ended?: () => void): void {
    all.delete(response)
    ended?.()
    if (all.size > 0) return
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  function watch(response: ServerResponse, ended?: () => void): void {
    all.add(response)
    response.once('close', () => end(response, ended))
  }

  app.addHook('onRequest', async (request, reply) => {
    watch(reply.raw, () => {
      if (!reply.raw.writableFinished) for (const listener of listeners) listener(request, reply)
    })
  })
  return {
    all,
    watch,
    hold(socket) {
      const response = { socket }
      all.add(response)
      return () => end(response)
    },
    onCut: (listener) => void listeners.push(listener),
    async untilNone() {
      if (all.size > 0) await new Promise<void>((resolve) => waiting.add(resolve))
    },
  }
}
