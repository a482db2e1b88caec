/** /-/explain?path=...: what would happen to this GET, and why. Spends nothing, stores nothing. */

import type { FastifyRequest } from 'fastify'
import { parseTarget, requestCacheability } from '../../cache/index.js'
import { explainRead } from './explain-read.js'
import { calling, holdUpOf } from './admission-forecast.js'
import { ProblemError } from '../errors/problems.js'
import { identityOf } from '../authentication/authenticate.js'
import { isAllowed } from '../authentication/rights.js'
import { explainHttp } from '../http-profile/explain.js'
import type { Services } from '../services.js'

export async function explain(
  services: Services,
  request: FastifyRequest<{ Querystring: { path?: string } }>,
) {
  const { path } = request.query
  if (path === undefined || request.validationError !== undefined) {
    throw new ProblemError('BAD_REQUEST', { message: 'say which: /-/explain?path=/client/' })
  }
  const target = parseTarget(path)
  if (target.kind === 'ambiguous') {
    return {
      path,
      answer: 'refused',
      why: `the path can be read in two ways (${target.reason})`,
      calls: 0,
    }
  }
  const { policies, gateway, httpStore, deps, gate } = services
  // The token to explain for goes where it always goes; with an admin token there, in this header.
  const authorization =
    headerOf(request, 'x-explain-authorization') ?? request.headers.authorization
  const identified = gateway.identify({ ...request.headers, authorization }, deps.clock.wallMs())
  if (identified.kind === 'stranger') {
    const why = identified.isExpired ? 'the key has expired' : 'no consumer has this key'
    return { path, answer: 'refused', why, calls: 0 }
  }
  const { caller } = identified
  if (!isAllowed(caller.rights, { method: 'GET', resource: target.resource })) {
    return { path, answer: 'refused', why: `${caller.name} may not read it`, calls: 0 }
  }
  const identity = identityOf(services, caller)
  const { account, principal, consumer } = identity
  const chargesDay = target.resource !== 'quota'
  const held = holdUpOf(services, { account, consumer, chargesDay })
  if (httpStore !== undefined) {
    const { headers } = request
    return explainHttp(services, httpStore, { path, headers, identity, held })
  }
  const closedForMs = gate.closedForMs(principal.id, deps.clock.monotonicMs())
  if (closedForMs !== undefined) {
    const detail = `it is tried again in ${Math.ceil(closedForMs / 1_000)} s`
    return { path, consumer, answer: 'refused', why: 'credential-refused', detail, calls: 0 }
  }
  const headers = {
    ...request.headers,
    authorization: caller.authorization ?? 'Basic Og==',
    accept: headerOf(request, 'x-explain-accept') ?? request.headers.accept,
  }
  const asked = { method: 'GET', target, headers, hasBody: false, policies }
  const cacheability = requestCacheability(asked)
  if (!cacheability.cacheable) {
    return { path, consumer, ...calling(held, 'forwarded', cacheability.reason) }
  }
  const read = { ...identity, target, cacheability }
  return { path, ...(await explainRead(services, { headers: request.headers, read, held })) }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
