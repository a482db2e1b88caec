/** Hands every finished request to the recorder, and says its id in the answer. */

import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OpenResponses } from '../server/edge/connections/open-responses.js'
import { detailOf } from '../server/errors/problems.js'
import type { ProblemCode } from '../server/errors/problems.js'
import type { Answer } from '../server/pipeline/answer.js'
import type { Handled } from '../server/pipeline/plugin.js'
import type { ProxyRequest } from '../server/pipeline/request.js'
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
  const { metrics, requests, onCut, isElsewhere } = options
  app.decorateRequest('problem', null)

  // Instead of the upstream's own: the id is that of the client's request.
  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id)
    done(null, payload)
  })

  app.addHook('onResponse', (request, reply, done) => {
    // An answer that broke off is recorded by onCut, once.
    if (reply.raw.writableFinished) ended(request, reply, false)
    done()
  })

  onCut((request, reply) => ended(request, reply, true))

  function ended(request: FastifyRequest, reply: FastifyReply, isCut: boolean): void {
    if (isElsewhere?.(request) === true) return
    const { handled, id } = request
    const problem = handled?.answer?.problem ?? request.problem ?? undefined
    if (problem !== undefined) metrics.errors.inc({ cause: detailOf(problem) })
    const status = reply.raw.headersSent ? reply.statusCode : null
    const end = { id, status, durationMs: reply.elapsedTime, isCut }
    if (handled !== null)
      requests.record(summaryOf(handled.request, request.ip), answerOf(handled, end))
    else if (!isOwnPage(request)) {
      const cacheStatus = problem === undefined ? {} : { detail: detailOf(problem) }
      const [path = ''] = request.url.split('?', 1)
      requests.recordUnknown(
        { method: request.method, path: path.slice(0, MAX_PATH_LENGTH), peer: request.ip },
        { ...end, outcome: 'refused', cacheStatus },
      )
    }
  }
}

export function summaryOf(
  { method, target, rawTarget, client, priority }: ProxyRequest,
  peer: string,
): RequestSummary {
  const { consumer, account, principal } = client
  return {
    method,
    path: target.path,
    target: rawTarget,
    resource: target.resource ?? 'other',
    peer,
    requester: { client: consumer, account, token: principal.shortHash, priority },
  }
}

function answerOf({ answer, spent }: Handled, end: AnswerEnd): AnswerSummary {
  const { outcome, cacheStatus, key, cost }: Recorded = answer ?? NO_ANSWER
  return {
    ...end,
    // Nothing of an answer was sent, so the client did not wait for it.
    outcome: end.isCut && end.status === null ? 'abandoned' : outcome,
    cacheStatus,
    key: key === undefined ? undefined : shortHash(key),
    ...(cost ?? spent),
  }
}

type AnswerEnd = Pick<AnswerSummary, 'id' | 'status' | 'durationMs' | 'isCut'>

type Recorded = Pick<Answer, 'outcome' | 'cacheStatus' | 'key' | 'cost'>

const NO_ANSWER: Recorded = {
  outcome: 'refused',
  cacheStatus: {},
}

/** Says which requests were for the same cache entry; the key itself has the query in it. */
export const shortHash = (key: string): string => hash('sha1', key, 'hex').slice(0, 8)

const isOwnPage = ({ url }: FastifyRequest): boolean => url.startsWith('/-/') || url === '/-'
