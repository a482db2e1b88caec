/** What a request asks for, for whom it does, and whether the cache may answer it. */

import type { FastifyRequest } from 'fastify'
import { isWrite, requestCacheability } from '../../cache/index.js'
import { letIn } from '../authentication/authenticate.js'
import type { LettingIn } from '../authentication/authenticate.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { ARRIVED, hasBody, maxWaitOf, priorityOf, targetOf } from './exchange.js'
import type { ProxyExchange } from './exchange.js'

export type Asking = LettingIn & Pick<Services, 'config' | 'policies'>

/** @throws ProblemError for what can be read in two ways, and for who is not let in */
export function exchangeOf(services: Asking, request: FastifyRequest): ProxyExchange {
  const { headers, method } = request
  // RFC 9110 §9.3.8: it repeats the request, and so the credentials in it.
  if (method === 'TRACE') throw new ProblemError('METHOD_NOT_FORWARDED')
  const { rawTarget, target } = targetOf(request.raw)
  const identity = letIn(services, request, target.resource)
  return {
    ...ARRIVED,
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
  }
}
