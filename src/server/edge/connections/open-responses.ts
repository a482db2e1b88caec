/** The responses in progress: what a shutdown waits for, and which connections slow readers hold. */

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** A response in progress. It has its connection once all responses before it there are sent. */
export interface OpenResponse {
  readonly socket: Socket | null
}

type Listener = (request: FastifyRequest, reply: FastifyReply) => void

export interface OpenResponses {
  /** In the order in which their requests arrived. */
  readonly all: ReadonlySet<OpenResponse>
  /** Adds a response; `ended` is called when it has ended, complete or not. */
  watch(response: ServerResponse, ended?: () => void): void
  /** Adds a response that is written without a ServerResponse, until the returned function is called. */
  hold(socket: Socket): () => void
  /** Resolves when there are none. */
  untilNone(): Promise<void>
  /** Called for each response whose connection ended before it did. */
  onCut(listener: Listener): void
}

/** One `close` listener on each response serves all of these. */
export function openResponses(app: FastifyInstance): OpenResponses {
  const all = new Set<OpenResponse>()
  const waiting = new Set<() => void>()
  const listeners: Listener[] = []

  function end(response: OpenResponse): void {
    all.delete(response)
    if (all.size > 0) return
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  app.addHook('onRequest', async (request, reply) => {
    const { raw } = reply
    all.add(raw)
    raw.once('close', () => {
      if (!raw.writableFinished) for (const listener of listeners) listener(request, reply)
      end(raw)
    })
  })
  return {
    all,
    watch(response, ended) {
      all.add(response)
      response.once('close', () => {
        end(response)
        ended?.()
      })
    },
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
