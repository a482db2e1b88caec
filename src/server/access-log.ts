/** One line per request, with what explains its answer; and the counter that goes with it. */

import type { FastifyInstance } from 'fastify'
import type { Services } from './services.js'

export function accessLog(app: FastifyInstance, { metrics }: Pick<Services, 'metrics'>): void {
  app.addHook('onResponse', async (request, reply) => {
    const { exchange } = request
    if (exchange === null || exchange === undefined) return
    metrics.requests.inc({ outcome: exchange.outcome })
    request.log.info(
      {
        method: request.method,
        path: exchange.target.path,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        consumer: exchange.consumer,
        peer: request.ip,
        token: exchange.principal.shortHash,
        outcome: exchange.outcome,
        ...exchange.cacheStatus,
        ...(exchange.queuedMs !== undefined && { queuedMs: Math.round(exchange.queuedMs) }),
        ...(exchange.upstreamMs !== undefined && { upstreamMs: Math.round(exchange.upstreamMs) }),
        ...(exchange.upstreamStatus !== undefined && { upstreamStatus: exchange.upstreamStatus }),
      },
      'request',
    )
  })
}
