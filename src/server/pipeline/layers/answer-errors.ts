/** An error becomes an answer in the shape of an Intervals error. Causes go to the log, never to the client. */

import { problemAnswer } from '../../errors/problem-answer.js'
import { detailOf, ProblemError } from '../../errors/problems.js'
import type { Answer } from '../answer.js'
import type { Layer } from '../layer.js'
import type { ProxyRequest } from '../request.js'
import { AbandonedError } from '../abandoned.js'
import { CallFailedError, problemIn } from '../upstream-call.js'

export function answerErrors<E>(): Layer<E> {
  return (request, next) =>
    next(request).catch((error: unknown) => {
      if (error instanceof AbandonedError || request.signal.aborted) throw error
      return answerOf(error, request)
    })
}

function answerOf(error: unknown, request: ProxyRequest): Answer<never> {
  const problem = problemIn(error) ?? new ProblemError('INTERNAL', { cause: error })
  if (problem.code === 'INTERNAL') request.log.error({ err: error }, 'an error in the proxy')
  else if (problem.status >= 500) request.log.warn({ err: problem }, problem.message)
  const { status, headers, body } = problemAnswer(problem, request.headers.accept)
  const failed = error instanceof CallFailedError ? error : undefined
  return {
    content: { kind: 'bytes', status, headers, body: Buffer.from(body) },
    // Once a call was made, its failure is the upstream's and not a refusal.
    outcome: failed?.cost.upstreamMs === undefined ? 'refused' : failed.outcome,
    cacheStatus: { detail: detailOf(problem.code) },
    cost: failed?.cost,
    problem: problem.code,
  }
}
