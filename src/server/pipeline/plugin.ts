/** The pipeline as a Fastify plugin: everything outside `/-/`. */

import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AbandonedError } from './abandoned.js'
import type { Answer } from './answer.js'
import { arrived } from './arrival.js'
import type { ArrivalDeps } from './arrival.js'
import { dispatcherFor, forwarderOf } from './http-proxy.js'
import type { Handler } from './layer.js'
import { readBody } from './read-body.js'
import type { ReadBodyDeps } from './read-body.js'
import type { ProxyRequest } from './request.js'
import type { CallCost } from './upstream-types.js'
import type { CallUpstream } from './upstream-call.js'
import type { AnswerWriter } from './write-answer.js'

/** A request on its way through the pipeline, for everything that observes it: log, metrics, dashboard. */
export interface Handled {
  readonly request: ProxyRequest
  /** Undefined until there is one. */
  answer: Answer | undefined
  /** What was spent before there was an answer. */
  spent?: CallCost
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for requests that never reached the pipeline. */
    handled: Handled | null
  }
}

export interface PipelinePluginDeps<E> {
  readonly upstreamUrl: string
  readonly call: CallUpstream
  readonly arrival: ArrivalDeps
  readonly body: ReadBodyDeps
  readonly handle: Handler<E>
  readonly write: AnswerWriter<E>
  /** The profile passes on 1xx responses. */
  readonly interimTo:
    ((request: FastifyRequest, reply: FastifyReply) => ProxyRequest['interim']) | undefined
}

export async function pipelinePlugin<E>(
  app: FastifyInstance,
  deps: PipelinePluginDeps<E>,
): Promise<void> {
  const basePath = new URL(deps.upstreamUrl).pathname
  // Before http-proxy looks at the target, and before Fastify looks at Content-Type: neither is its to judge.
  app.addHook('onRequest', respond)
  await app.register(httpProxy, {
    upstream: deps.upstreamUrl,
    httpMethods: app.supportedMethods,
    undici: dispatcherFor(deps.call),
    disableRequestLogging: true,
    disableCache: true,
    // Reached only when the response has ended early: every other request has its answer by then.
    handler: (_request: FastifyRequest, reply: FastifyReply) => reply.hijack(),
  } as unknown as Parameters<typeof httpProxy>[1])

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const arrival = arrived(deps.arrival, request, reply, {
      onPermit: (cost) => {
        if (request.handled !== null) request.handled.spent = cost
      },
      readBody: memoized(() => readBody(deps.body, request, reply)),
      forward: forwarderOf(reply, basePath),
      interim: deps.interimTo?.(request, reply),
    })
    const handled: Handled = { request: arrival, answer: undefined }
    request.handled = handled
    try {
      const answer = await deps.handle(arrival)
      handled.answer = answer
      deps.write(arrival, answer, reply)
      return reply
    } catch (error) {
      if (!arrival.signal.aborted && !(error instanceof AbandonedError)) throw error
      request.log.debug({ err: error }, 'the client disconnected')
      return reply.hijack()
    }
  }
}

/** A body can be read once; several layers may need it. */
function memoized<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined
  return () => (reading ??= read())
}
