/** The only place where an error becomes an answer. Causes go to the log, never to the consumer. */

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { retryAfterSeconds } from '../limits/index.js'
import { renderProblem } from './problem-body.js'
import { ProblemError } from './problems.js'

export function handleError(
  error: FastifyError | ProblemError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = problemOf(error)
  if (problem.code === 'INTERNAL') request.log.error({ err: error }, 'an error in the proxy')
  else if (problem.status >= 500) request.log.warn({ err: problem }, problem.message)
  const { exchange } = request
  if (exchange !== null && exchange !== undefined) {
    const isOurs = exchange.upstreamStatus === undefined && exchange.upstreamMs === undefined
    exchange.outcome = isOurs ? 'refused' : exchange.outcome
    exchange.cacheStatus = { detail: problem.code.toLowerCase().replaceAll('_', '-') }
  }
  if (problem.retryAfterMs !== undefined) {
    reply.header('retry-after', retryAfterSeconds(problem.retryAfterMs))
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Basic realm="Intervals API"')
  // What is left of a body that was too long is not read.
  if (problem.status === 413) reply.header('connection', 'close')
  const { contentType, body } = renderProblem(problem, request.headers.accept)
  return reply.code(problem.status).type(contentType).send(body)
}

function problemOf(error: FastifyError | Error): ProblemError {
  if (error instanceof ProblemError) return error
  const { statusCode } = error as FastifyError
  if (statusCode === 413) return new ProblemError('BODY_TOO_LARGE', { cause: error })
  if (statusCode !== undefined && statusCode < 500) {
    return new ProblemError('BAD_REQUEST', { cause: error })
  }
  return new ProblemError('INTERNAL', { cause: error })
}
