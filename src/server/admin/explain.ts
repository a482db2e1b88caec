/** /-/explain?path=...: what would happen to this GET, and why. Spends nothing, stores nothing. */

import type { FastifyRequest } from 'fastify'
import {
  cacheKey,
  lookup,
  parseTarget,
  requestCacheability,
  requestDirectives,
} from '../../cache/index.js'
import type { Lookup } from '../../cache/index.js'
import { calling, holdUpOf } from './hold-up.js'
import { ProblemError } from '../problems.js'
import { identityOf } from '../gateway/caller.js'
import { isAllowed } from '../gateway/rights.js'
import { explainHttp } from '../http-profile/explain.js'
import type { Services } from '../services.js'

type Stored = Pick<Extract<Lookup, { kind: 'hit' }>, 'ageSeconds' | 'ttlSeconds'>

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
  const { policies, gateway, fence, store, httpStore, deps, accepted } = services
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
  const { account, principal, consumer, floorMs } = identityOf(services, caller)
  const headers = {
    ...request.headers,
    authorization: caller.authorization ?? 'Basic Og==',
    accept: headerOf(request, 'x-explain-accept') ?? request.headers.accept,
  }
  const cacheability = requestCacheability({
    method: 'GET',
    target,
    headers,
    hasBody: false,
    policies,
  })
  const chargesDay = target.resource !== 'quota'
  const held = holdUpOf(services, { account, consumer, chargesDay })
  if (httpStore !== undefined) {
    const identity = identityOf(services, caller)
    const { headers } = request
    return explainHttp(services, httpStore, { path, headers, identity, held })
  }
  if (!cacheability.cacheable) {
    return { path, consumer, ...calling(held, 'forwarded', cacheability.reason) }
  }
  const { resource, format } = cacheability
  const policy = policies[resource]
  const isShared = policy.share === 'account' && accepted.has(principal.id)
  const share = isShared ? 'account' : 'credential'
  const found = await lookup({
    store,
    fence,
    key: cacheKey({ account, principal, share, format, target }),
    account,
    resource,
    policy,
    directives: requestDirectives(request.headers),
    nowMs: deps.clock.wallMs(),
    floorSeconds: floorMs / 1_000,
  })
  const common = {
    path,
    resource,
    format,
    consumer,
    token: principal.shortHash,
    ttlSeconds: policy.ttlMs / 1_000,
    staleSeconds: policy.staleMs / 1_000,
    share: policy.share,
  }
  const times = ({ ageSeconds, ttlSeconds: freshForSeconds }: Stored) => {
    return { ageSeconds, freshForSeconds }
  }
  const isRefused = held?.isRefused === true
  if (found.kind === 'miss') {
    const { reason, fallback } = found
    if (fallback === undefined || !isRefused) {
      return { ...common, ...calling(held, 'fetched', reason) }
    }
    const why = `a younger one is wanted, and no call can be made (${held.by}): what is stored is served`
    return { ...common, answer: 'stale', why, detail: held.detail, calls: 0, ...times(fallback) }
  }
  if (found.kind === 'hit') {
    return { ...common, answer: 'hit', why: 'stored and fresh', calls: 0, ...times(found) }
  }
  const why = isRefused
    ? `stored and stale: served; no call can be made to refresh it (${held.by})`
    : 'stored and stale: served, and refreshed behind'
  return { ...common, answer: 'stale', why, calls: isRefused ? 0 : 1, ...times(found) }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
