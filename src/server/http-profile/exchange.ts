/** What this profile knows of one request: the same as the other's, without any resource. */

import type { FastifyRequest } from 'fastify'
import { httpBypass, isWrite } from '../../cache/index.js'
import type { HttpBypassReason, HttpRequest } from '../../cache/index.js'
import { ARRIVED, hasBody, maxWaitOf, priorityOf, targetOf } from '../proxy/exchange.js'
import type { ProxyExchange } from '../proxy/exchange.js'
import type { HeaderRecord } from '../proxy/headers.js'
import { letIn } from '../authentication/authenticate.js'
import type { Services } from '../services.js'
import { forwardedHeaders } from './headers.js'

export interface HttpExchange {
  /** What is logged, queued and counted. */
  readonly proxy: ProxyExchange
  readonly request: HttpRequest & { readonly headers: HeaderRecord }
  readonly bypass: HttpBypassReason | undefined
}

/** @throws ProblemError BAD_TARGET, AMBIGUOUS_REQUEST, or the answer to somebody who may not */
export function httpExchangeOf(services: Services, request: FastifyRequest): HttpExchange {
  const { headers, method } = request
  const { rawTarget, target: parsed } = targetOf(request.raw)
  // Nothing is known of any resource here, not even that one of them is free of the daily limit.
  const { resource: _resource, id: _id, ...target } = parsed
  const identity = letIn(services, request, undefined)
  const httpRequest = {
    method,
    target: rawTarget,
    headers: forwardedHeaders(headers, identity.authorization),
    hasBody: hasBody(headers),
  }
  return {
    request: httpRequest,
    bypass: httpBypass(httpRequest),
    proxy: {
      ...ARRIVED,
      rawTarget,
      target,
      ...identity,
      priority: priorityOf(headers, isWrite(method)),
      maxWaitMs: maxWaitOf(headers, services.config.limits.queue.maxWait),
      cacheability: { cacheable: false, reason: 'unknown-resource' },
    },
  }
}
