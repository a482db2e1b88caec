/**
 * The way of a request:
 *
 *     consumer
 *        │
 *        ▼ onRequest
 *     target        can it be read in two ways? ─────────────────────────► 400
 *     caller        whose key is this, and may it? ──────────────────────► 401, 403
 *     gate          was this token refused a moment ago? ────────────────► 401
 *     lookup        stored, current and fresh? ──────────────────────────► 200, 304
 *        │                     └ stale: the same, and one refresh behind ┐
 *        ▼ handler of http-proxy                                         │
 *     flight        is somebody fetching the same? wait for that         │
 *        │          (writes and uncached reads have none)                ▼
 *     key           a write with Idempotency-Key: was it sent before? ──► its answer, 409, 422
 *     queue         whose turn is it, is there time? ────────────────────► 429, 503
 *     ledger        one permit against all limits, on disk before it is given
 *     fence         a write drops what it touches, now and when it ends
 *     wire          one request for one permit; refusals pause their scope
 *        │
 *        ▼
 *     upstream
 *
 * The limits are below the cache and below the flights: hits and those who join cost nothing.
 */

import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { cacheStatus, isWrite, parseTarget, requestCacheability } from '../../cache/index.js'
import { overridesMethod } from '../ambiguity.js'
import { letIn } from '../gateway/caller.js'
import { ProblemError } from '../problems.js'
import type { Services } from '../services.js'
import { limitHeaders } from './limit-headers.js'
import { AbandonedError } from './admit.js'
import { hasBody, maxWaitOf, priorityOf } from './exchange.js'
import type { ProxyExchange } from './exchange.js'
import { forward } from './forward.js'
import { responseHeaders } from './headers.js'
import { answerFetched, answerStored, look } from './read.js'
import type { CachedRead } from './read.js'

declare module 'fastify' {
  interface FastifyRequest {
    exchange: ProxyExchange | null
    cachedRead: CachedRead | null
  }
}

export async function proxyPlugin(app: FastifyInstance, services: Services): Promise<void> {
  const { upstream } = services.config
  app.decorateRequest('exchange', null)
  app.decorateRequest('cachedRead', null)
  // Fastify's own would make text of text/plain; http-proxy brings some that leave bodies as they are.
  app.removeAllContentTypeParsers()

  app.addHook('onRequest', async (request, reply) => {
    const exchange = exchangeOf(services, request)
    request.exchange = exchange
    const closedForMs = services.gate.closedForMs(
      exchange.principal.id,
      services.deps.clock.monotonicMs(),
    )
    if (closedForMs !== undefined) {
      throw new ProblemError('CREDENTIAL_REFUSED', { retryAfterMs: closedForMs })
    }
    services.quota.offer(exchange.account, exchange.authorization)
    const { cacheability } = exchange
    if (!cacheability.cacheable) {
      exchange.outcome = isWrite(request.method) ? 'method' : 'bypass'
      exchange.cacheStatus = isWrite(request.method) ? {} : { detail: cacheability.reason }
      return undefined
    }
    const read = await look(services, request, { ...exchange, cacheability })
    request.cachedRead = read
    return answerStored(services, request, reply, { exchange, read }) ? reply : undefined
  })

  app.addHook('onSend', async (request, reply) => {
    const { exchange } = request
    if (exchange === null) return
    reply.header('cache-status', cacheStatus(exchange.outcome, exchange.cacheStatus))
    try {
      reply.headers(limitHeaders(services, exchange.account))
    } catch (error) {
      // Thrown from here it would pass our own error handler by, and Fastify's copies it to the consumer.
      request.log.error({ err: error }, 'an answer goes without its RateLimit headers')
    }
    const timing = [
      exchange.queuedMs !== undefined && `queue;dur=${exchange.queuedMs.toFixed(1)}`,
      exchange.upstreamMs !== undefined && `upstream;dur=${exchange.upstreamMs.toFixed(1)}`,
    ].filter((part) => part !== false)
    if (timing.length > 0) reply.header('server-timing', timing.join(', '))
  })

  await app.register(httpProxy, {
    upstream: upstream.url,
    httpMethods: app.supportedMethods,
    undici: services.wire.dispatcher as object,
    disableRequestLogging: true,
    disableCache: true,
    internalRewriteLocationHeader: false,
    replyOptions: { rewriteHeaders: (headers) => responseHeaders(headers) },
    handler: (request: FastifyRequest, reply: FastifyReply, _dest: string, options: object) =>
      answer(services, request, reply, options),
  } as Parameters<typeof httpProxy>[1])
}

async function answer(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  options: object,
): Promise<FastifyReply> {
  const { exchange, cachedRead: read } = request
  if (exchange === null) throw new ProblemError('INTERNAL')
  const consumer = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) consumer.abort(new AbandonedError('the consumer went away'))
  })
  const { signal } = consumer
  try {
    if (read !== null && request.method === 'GET') {
      if (await answerFetched(services, request, reply, { exchange, read, signal })) return reply
    }
    await forward(services, request, reply, { exchange, options, signal })
    return reply
  } catch (error) {
    if (!signal.aborted) throw error
    request.log.debug({ err: error }, 'the consumer went away')
    return reply.hijack()
  }
}

function exchangeOf(services: Services, request: FastifyRequest): ProxyExchange {
  const { headers, method } = request
  // RFC 9110 §9.3.8: it repeats the request, and so the credentials in it.
  if (method === 'TRACE') throw new ProblemError('METHOD_NOT_FORWARDED')
  if (overridesMethod(request.raw)) {
    throw new ProblemError('AMBIGUOUS_REQUEST', {
      message: 'the request names two methods; send the one that is meant in the request line',
    })
  }
  const rawTarget = request.raw.url ?? '/'
  const target = parseTarget(rawTarget)
  if (target.kind === 'ambiguous') {
    throw new ProblemError('BAD_TARGET', {
      message: `the request target can be read in two ways (${target.reason}); send the plain path, e.g. /task/13`,
    })
  }
  const identity = letIn(services, request, target.resource)
  return {
    rawTarget,
    target,
    ...identity,
    priority: priorityOf(headers, isWrite(method)),
    maxWaitMs: maxWaitOf(headers, services.config.limits.queue.maxWait),
    cacheability: requestCacheability({
      // HEAD is answered from what GET has stored, and forwarded as it is when there is nothing.
      method: method === 'HEAD' ? 'GET' : method,
      target,
      headers: { ...headers, authorization: identity.authorization },
      hasBody: hasBody(headers),
      policies: services.policies,
    }),
    outcome: 'bypass',
    cacheStatus: {},
    queuedMs: undefined,
    upstreamMs: undefined,
    upstreamStatus: undefined,
  }
}
