/** Hands every finished request to the recorder, and says its id in the answer. */

import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OpenResponses } from '../server/edge/connections/open-responses.js'
import { detailOf } from '../server/errors/problems.js'
import type { ProblemCode } from '../server/errors/problems.js'
import type { ProxyExchange } from '../server/proxy/exchange.js'
import type { Metrics } from './metrics.js'
import type { AnswerSummary, RequestSummary } from './request-record.js'
import type { RequestRecorder } from './request-recorder.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the proxy itself answered, if that was an error. */
    problem: ProblemCode | null
  }
}

/** A target that could not be parsed may have any length. */
const MAX_PATH_LENGTH = 200

export interface AccessLogOptions extends Pick<OpenResponses, 'onCut'> {
  readonly metrics: Pick<Metrics, 'errors'>
  readonly requests: RequestRecorder
  /** Whether another process records this request. By default none does. */
  readonly isElsewhere?: (request: FastifyRequest) => boolean
}

export function accessLog(app: FastifyInstance, options: AccessLogOptions): void {
  const { metrics, requests, onCut, isElsewhere = () => false } = options
  app.decorateRequest('problem', null)

  // In front of the upstream's own, if it sends one: what is asked about is this exchange.
  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id)
    done(null, payload)
  })

  app.addHook('onResponse', (request, reply, done) => {
    // An answer that broke off is recorded by onCut, once.
    if (reply.raw.writableFinished) ended(request, reply, false)
    done()
  })

  onCut((request, reply) => {
    const { exchange } = request
    // Nothing of an answer was sent, so the client did not wait for it.
    if (exchange && !reply.raw.headersSent) exchange.outcome = 'abandoned'
    ended(request, reply, true)
  })

  function ended(request: FastifyRequest, reply: FastifyReply, isCut: boolean): void {
    if (isElsewhere(request)) return
    const { exchange, problem } = request
    if (problem !== null) metrics.errors.inc({ cause: detailOf(problem) })
    const { id } = request
    const status = reply.raw.headersSent ? reply.statusCode : null
    const end = { id, status, durationMs: reply.elapsedTime, isCut }
    if (exchange) requests.record(summaryOf(request, exchange), answerOf(exchange, end))
    else if (!isOwnPage(request)) {
      const cacheStatus = problem === null ? {} : { detail: detailOf(problem) }
      const [path = ''] = request.url.split('?', 1)
      requests.recordUnknown(
        { method: request.method, path: path.slice(0, MAX_PATH_LENGTH), peer: request.ip },
        { ...end, outcome: 'refused', cacheStatus },
      )
    }
  }
}

export function summaryOf(
  { method, ip }: Pick<FastifyRequest, 'method' | 'ip'>,
  { target, rawTarget, consumer, account, principal, priority }: ProxyExchange,
): RequestSummary {
  return {
    method,
    path: target.path,
    target: rawTarget,
    resource: target.resource ?? 'other',
    peer: ip,
    requester: { client: consumer, account, token: principal.shortHash, priority },
  }
}

const answerOf = (
  exchange: ProxyExchange,
  { id, status, durationMs, isCut }: Pick<AnswerSummary, 'id' | 'status' | 'durationMs' | 'isCut'>,
): AnswerSummary => ({
  id,
  status,
  durationMs,
  isCut,
  outcome: exchange.outcome,
  cacheStatus: exchange.cacheStatus,
  key: exchange.key === undefined ? undefined : shortHash(exchange.key),
  permit: exchange.permit,
  queuedMs: exchange.queuedMs,
  upstreamMs: exchange.upstreamMs,
  upstreamStatus: exchange.upstreamStatus,
})

/** Says which requests were for the same cache entry; the key itself has the query in it. */
export const shortHash = (key: string): string => hash('sha1', key, 'hex').slice(0, 8)

const isOwnPage = ({ url }: FastifyRequest): boolean => url.startsWith('/-/') || url === '/-'
