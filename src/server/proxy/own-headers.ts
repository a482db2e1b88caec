/** The headers that say what the proxy did: Cache-Status, RateLimit, Server-Timing. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { cacheStatus } from '../../cache/index.js'
import { limitHeaders } from './limit-headers.js'
import type { LimitFacts } from './limit-headers.js'

export function ownHeaders(
  services: LimitFacts,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
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
}
