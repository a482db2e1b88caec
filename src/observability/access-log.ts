/** One line per request, with what explains its answer; and the counters that go with it. */

import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OpenResponses } from '../server/edge/connections/open-responses.js'
import { detailOf } from '../server/errors/problems.js'
import type { ProblemCode } from '../server/errors/problems.js'
import type { ProxyExchange } from '../server/proxy/exchange.js'
import type { RequestFields } from './request-line.js'
import { savedBy } from './saved-calls.js'
import type { Services } from '../server/services.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the proxy itself answered, if that was an error. */
    problem: ProblemCode | null
  }
}

/** Of a target that could not be read nobody knows how long it is. */
const MAX_PATH_LENGTH = 200

export function accessLog(
  app: FastifyInstance,
  { metrics }: Pick<Services, 'metrics'>,
  {
    onCut,
    isElsewhere = () => false,
  }: Pick<OpenResponses, 'onCut'> & {
    /** Whether the line of this request is written by who answers it. Default: none is. */
    readonly isElsewhere?: (request: FastifyRequest) => boolean
  },
): void {
  app.decorateRequest('problem', null)

  // In front of the upstream's own, if it sends one: what is asked about is this exchange.
  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id)
    done(null, payload)
  })

  app.addHook('onResponse', async (request, reply) => {
    // What broke off is told below, once.
    if (reply.raw.writableFinished) ended(request, reply)
  })

  onCut((request, reply) => {
    const { exchange } = request
    // Nothing of an answer: whatever it would have been, its consumer did not wait for it.
    if (exchange && !reply.raw.headersSent) exchange.outcome = 'abandoned'
    ended(request, reply, { isCut: true })
  })

  function ended(request: FastifyRequest, reply: FastifyReply, cut: { isCut?: true } = {}): void {
    if (isElsewhere(request)) return
    const { exchange, method, problem } = request
    if (problem !== null) metrics.errors.inc({ cause: detailOf(problem) })
    const status = reply.raw.headersSent ? reply.statusCode : null
    const ms = Math.round(reply.elapsedTime * 10) / 10
    if (!exchange) {
      if (isOwnPage(request)) return
      metrics.requests.inc({ outcome: 'refused' })
      const [path = ''] = request.url.split('?', 1)
      const shown = path.slice(0, MAX_PATH_LENGTH)
      request.log.info(
        {
          method,
          path: shown,
          status,
          ms,
          peer: request.ip,
          outcome: 'refused',
          ...(problem !== null && { detail: detailOf(problem) }),
          ...cut,
        } satisfies RequestFields,
        'request',
      )
      return
    }
    metrics.requests.inc({ outcome: exchange.outcome })
    const cause = savedBy(exchange, status)
    if (cause !== undefined) metrics.savedCalls.inc({ cause })
    request.log.info(
      {
        method,
        path: exchange.target.path,
        status,
        ms,
        consumer: exchange.consumer,
        account: exchange.account,
        peer: request.ip,
        token: exchange.principal.shortHash,
        outcome: exchange.outcome,
        ...exchange.cacheStatus,
        ...(exchange.key !== undefined && { key: shortHash(exchange.key) }),
        ...(exchange.permit !== undefined && waitOf(exchange)),
        ...cut,
      } satisfies RequestFields,
      'request',
    )
  }
}

/** What was waited for and spent, of a request that got a permit. */
function waitOf({ priority, permit, queuedMs = 0, upstreamMs, upstreamStatus }: ProxyExchange) {
  return {
    priority,
    permit,
    queuedMs: Math.round(queuedMs),
    ...(upstreamMs !== undefined && { upstreamMs: Math.round(upstreamMs) }),
    ...(upstreamStatus !== undefined && { upstreamStatus }),
  }
}

/** Tells which requests were for the same stored answer; the key itself has the query in it. */
export const shortHash = (key: string): string => hash('sha1', key, 'hex').slice(0, 8)

const isOwnPage = ({ url }: FastifyRequest): boolean => url.startsWith('/-/') || url === '/-'
