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
import { isWrite } from '../../cache/index.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { AbandonedError } from './admit.js'
import type { ProxyExchange } from './exchange.js'
import { exchangeOf } from './exchange-of.js'
import { forward } from './forward.js'
import { responseHeaders } from './headers.js'
import { ownHeaders } from './own-headers.js'
import { provenRead } from './proven.js'
import { noteAsked } from './proven-jointly.js'
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
    exchange.trace = services.tracing?.contextOf(request)
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
    const stored = await look(services, request, { ...exchange, cacheability })
    const read = await provenRead(services, request, { exchange, read: stored })
    request.cachedRead = read
    noteAsked(services, exchange, read)
    exchange.key = read.key
    return answerStored(services, request, reply, { exchange, read }) ? reply : undefined
  })

  app.addHook('onSend', async (request, reply) => ownHeaders(services, request, reply))

  await app.register(httpProxy, {
    upstream: upstream.url,
    httpMethods: app.supportedMethods,
    undici: services.upstream.dispatcher as object,
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
