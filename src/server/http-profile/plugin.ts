/**
 * The generic profile: a shared cache by RFC 9111, which knows nothing of Intervals but its limits.
 *
 *     consumer
 *        │
 *        ▼
 *     target        can it be read in two ways? ─────────────────────────► 400
 *     lookup        stored, for such a request, and fresh? ──────────────► 200, 206, 304 ...
 *        │                     └ within stale-while-revalidate: the same, one refresh behind
 *     flight        is somebody fetching the same? look again after that
 *        │
 *     queue, ledger, wire: as in the other profile, one permit for each request
 *        │
 *        ▼
 *     upstream      304: the stored one is freshened. A write drops what it names, when it ends.
 */

import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { cacheStatus } from '../../cache/index.js'
import type { HttpStore } from '../../cache/index.js'
import { AbandonedError } from '../proxy/admit.js'
import { limitHeaders } from '../proxy/limit-headers.js'
import type { Services } from '../services.js'
import { httpExchangeOf } from './exchange.js'
import type { HttpExchange } from './exchange.js'
import { withVia } from './headers.js'
import { look } from './look.js'
import { pass } from './pass.js'
import { answerFetched, answerStored } from './read.js'
import { createHttpServices } from './services.js'
import type { HttpServices } from './services.js'

/** The upstream is spoken to in this version; see `connector` of the wire. */
const UPSTREAM_VERSION = '1.1'

export async function httpProfilePlugin(
  app: FastifyInstance,
  { services, store }: { services: Services; store: HttpStore },
): Promise<void> {
  const http = createHttpServices(services, store)
  app.decorateRequest('exchange', null)
  // Bodies are passed on as they come; nobody here reads them.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request: FastifyRequest, body: Readable, done) =>
    done(null, body),
  )

  app.addHook('onSend', async (request, reply) => {
    const { exchange } = request
    reply.header('via', withVia(textOf(reply, 'via'), UPSTREAM_VERSION))
    if (exchange === null) return
    const before = textOf(reply, 'cache-status')
    const status = cacheStatus(exchange.outcome, exchange.cacheStatus)
    // Caches on the way are listed in its order, ours last (RFC 9211 §2).
    reply.header('cache-status', before === undefined ? status : `${before}, ${status}`)
    reply.headers(limitHeaders(services, exchange.account))
  })

  app.route({
    method: app.supportedMethods,
    url: '/*',
    handler: (request, reply) => answer(http, request, reply),
  })
}

async function answer(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const exchange = httpExchangeOf(http.all, request)
  exchange.proxy.trace = http.all.tracing?.contextOf(request)
  request.exchange = exchange.proxy
  const consumer = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) consumer.abort(new AbandonedError('the consumer went away'))
  })
  try {
    await respond(http, request, reply, { exchange, signal: consumer.signal })
    return reply
  } catch (error) {
    if (!consumer.signal.aborted) throw error
    request.log.debug({ err: error }, 'the consumer went away')
    return reply.hijack()
  }
}

async function respond(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, signal }: { exchange: HttpExchange; signal: AbortSignal },
): Promise<void> {
  const { proxy, bypass, request: asked } = exchange
  if (bypass !== undefined) {
    proxy.outcome = bypass === 'method' ? 'method' : 'bypass'
    proxy.cacheStatus = bypass === 'method' ? {} : { detail: bypass }
    return pass(http, request, reply, { exchange, signal })
  }
  const found = look(http, exchange)
  if (answerStored(http, request, reply, { exchange, found }) || found.kind !== 'miss') return
  // HEAD is answered from what GET has stored, and forwarded as it is when that will not do.
  if (asked.method === 'HEAD') return pass(http, request, reply, { exchange, signal })
  await answerFetched(http, request, reply, { exchange, found, signal })
}

function textOf(reply: FastifyReply, name: string): string | undefined {
  const value = reply.getHeader(name)
  return value === undefined ? undefined : [value].flat().map(String).join(', ')
}
