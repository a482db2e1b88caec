/** What a request asks for, for whom it does, and whether the cache may answer it. */

import type { FastifyRequest } from 'fastify'
import { isWrite, parseTarget, requestCacheability } from '../../cache/index.js'
import { overridesMethod } from '../ambiguity.js'
import { letIn } from '../gateway/caller.js'
import type { LettingIn } from '../gateway/caller.js'
import { ProblemError } from '../problems.js'
import type { Services } from '../services.js'
import { hasBody, maxWaitOf, priorityOf } from './exchange.js'
import type { ProxyExchange } from './exchange.js'

export type Asking = LettingIn & Pick<Services, 'config' | 'policies'>

/** @throws ProblemError for what can be read in two ways, and for who is not let in */
export function exchangeOf(services: Asking, request: FastifyRequest): ProxyExchange {
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
    key: undefined,
    permit: undefined,
    trace: undefined,
    queuedMs: undefined,
    upstreamMs: undefined,
    upstreamStatus: undefined,
  }
}
