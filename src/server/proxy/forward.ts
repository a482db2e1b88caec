/**
 * What goes past the cache: writes, and reads that are not cached. The body is read first, then leave
 * is asked for, then http-proxy does the rest; the answer is streamed.
 */

import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyReplyFromHooks } from '@fastify/reply-from'
import { invalidationScope } from '../../cache/index.js'
import type { OpenWrite } from '../../cache/index.js'
import { DISPATCH_CONTEXT } from '../../upstream/index.js'
import type { Permit } from '../../limits/index.js'
import type { Services } from '../services.js'
import { upstreamProblem } from '../upstream-problem.js'
import { admit, mayRepeat } from './admit.js'
import type { ProxyExchange } from './exchange.js'
import { forwardOnce, idempotencyKeyOf } from './forward-once.js'
import { requestHeaders } from './headers.js'
import { noteCredential } from './note-credential.js'
import { readBody } from './read-body.js'
import { sendStream } from './send-stream.js'
import { wireTarget } from './wire-target.js'

export interface Forwarding {
  readonly exchange: ProxyExchange
  readonly options: FastifyReplyFromHooks
  /** Aborted when the consumer goes away. */
  readonly signal: AbortSignal
}

interface Answer {
  readonly statusCode: number
  readonly stream: Readable
}

export async function forward(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  forwarding: Forwarding,
): Promise<void> {
  const { exchange, signal } = forwarding
  const key = idempotencyKeyOf(request)
  if (key !== undefined) return forwardOnce(services, request, reply, { exchange, signal, key })
  const { clock } = services.deps
  const deadlineMs = clock.monotonicMs() + exchange.maxWaitMs
  const body = await readBody(services, request, reply)
  // reply-from would turn it into JSON once more; the wire sends the bytes instead.
  request.body = undefined

  for (;;) {
    const permit = await admit(services, exchange, { signal, deadlineMs })
    const startedMs = clock.monotonicMs()
    try {
      const answer = await attempt(services, request, reply, { ...forwarding, permit, body })
      exchange.upstreamMs = clock.monotonicMs() - startedMs
      exchange.upstreamStatus = answer.statusCode
      await noteCredential(services, exchange, {
        status: answer.statusCode,
        authorization: exchange.authorization,
      })
      sendStream(request, reply, answer.stream)
      return
    } catch (error) {
      const nowMs = clock.monotonicMs()
      exchange.upstreamMs = nowMs - startedMs
      if (!mayRepeat(error, { isLate: nowMs > deadlineMs })) throw upstreamProblem(error)
    }
  }
}

/**
 * One permit, one request. What a write touches is dropped before it leaves, and again when it ends:
 * the wire calls `ended` before anybody sees the answer, and also if nobody ever does.
 */
async function attempt(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, options, signal, permit, body }: Forwarding & { permit: Permit; body: Buffer | null },
): Promise<Answer> {
  const { config, upstream, writes } = services
  let write: OpenWrite | undefined
  let gone = (): void => {}
  try {
    const scope = invalidationScope(request.method, exchange.target)
    if (scope !== undefined) write = await writes.begin(exchange.account, scope)
    const { path: target } = wireTarget(config.upstream.url, exchange.rawTarget)
    const headers = {
      ...requestHeaders(request.headers, exchange.authorization),
      ...(body === null ? {} : { 'content-length': String(body.length) }),
      [DISPATCH_CONTEXT]: { permit, target, body, ended: () => void write?.end() },
    }
    const answer = await new Promise<Answer>((resolve, reject) => {
      gone = () => reject(signal.reason as Error)
      signal.addEventListener('abort', gone, { once: true })
      // The wire has the target; a URL made of it could throw here.
      reply.from(new URL(config.upstream.url).pathname, {
        ...options,
        // Every attempt needs a permit of its own, so there are no hidden ones.
        retryDelay: () => null,
        rewriteRequestHeaders: () => headers,
        onResponse: (_request, _reply, response) => {
          // Nobody reads it any more, and unread it would keep its connection for ever.
          if (signal.aborted) {
            response.stream.on('error', () => {}).destroy()
            reject(signal.reason as Error)
            return
          }
          resolve(response)
        },
        onError: (_reply, { error }) => reject(error),
      })
    })
    // It has ended already; but nobody may hear of it before all who answer for us know.
    await write?.end()
    return answer
  } catch (error) {
    // What never came to the wire is nobody else's to give back.
    if (upstream.giveBack(permit)) await write?.end()
    throw error
  } finally {
    signal.removeEventListener('abort', gone)
  }
}
