/** /-/explain?path=...: what would happen to this GET, and why. Spends nothing, stores nothing. */

import type { FastifyRequest } from 'fastify'
import {
  cacheKey,
  lookup,
  parseTarget,
  requestCacheability,
  requestDirectives,
} from '../../cache/index.js'
import { ProblemError } from '../problems.js'
import { consumerOf } from '../proxy/exchange.js'
import { DEFAULT_ACCOUNT } from '../proxy/plugin.js'
import type { Services } from '../services.js'

export async function explain(
  services: Services,
  request: FastifyRequest<{ Querystring: { path?: string } }>,
) {
  const { path } = request.query
  if (path === undefined) {
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
  const { policies, principals, fence, store, deps, queue, accepted } = services
  // The token to explain for goes where it always goes; with an admin token there, in this header.
  const authorization =
    headerOf(request, 'x-explain-authorization') ?? request.headers.authorization
  const headers = {
    ...request.headers,
    authorization: authorization ?? 'Basic Og==',
    accept: headerOf(request, 'x-explain-accept') ?? request.headers.accept,
  }
  const principal = principals.of(authorization)
  const cacheability = requestCacheability({
    method: 'GET',
    target,
    headers,
    hasBody: false,
    policies,
  })
  const wait = queue.forecastMs({
    account: DEFAULT_ACCOUNT,
    consumer: consumerOf(request.headers, principal),
    priority: 'interactive',
    chargesDay: true,
    maxWaitMs: 0,
  })
  const waitSeconds = Math.round(wait / 100) / 10
  if (!cacheability.cacheable) {
    return { path, answer: 'forwarded', why: cacheability.reason, calls: 1, waitSeconds }
  }
  const { resource, format } = cacheability
  const policy = policies[resource]
  const isShared = policy.share === 'account' && accepted.has(principal.id)
  const share = isShared ? 'account' : 'credential'
  const found = await lookup({
    store,
    fence,
    key: cacheKey({ account: DEFAULT_ACCOUNT, principal, share, format, target }),
    account: DEFAULT_ACCOUNT,
    resource,
    policy,
    directives: requestDirectives(request.headers),
    nowMs: deps.clock.wallMs(),
  })
  const common = {
    path,
    resource,
    format,
    token: principal.shortHash,
    ttlSeconds: policy.ttlMs / 1_000,
    staleSeconds: policy.staleMs / 1_000,
    share: policy.share,
  }
  if (found.kind === 'miss') {
    return { ...common, answer: 'fetched', why: found.reason, calls: 1, waitSeconds }
  }
  return {
    ...common,
    answer: found.kind,
    why:
      found.kind === 'hit' ? 'stored and fresh' : 'stored and stale: served, and refreshed behind',
    calls: found.kind === 'hit' ? 0 : 1,
    ageSeconds: found.ageSeconds,
    freshForSeconds: found.ttlSeconds,
  }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
