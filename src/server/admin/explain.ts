/** /-/explain?path=...: what would happen to this GET, and why. Spends nothing, stores nothing. */

import type { FastifyRequest } from 'fastify'
import { parseTarget, requestDirectives } from '../../cache/index.js'
import type { Principals } from '../../cache/index.js'
import type { Clock } from '../../limits/index.js'
import { identityOf } from '../authentication/authenticate.js'
import { isAllowed } from '../authentication/rights.js'
import { ProblemError } from '../errors/problems.js'
import { explainHint } from './explain-hint.js'
import type { Classify } from '../pipeline/arrival.js'
import type { ProxyRequest } from '../pipeline/request.js'
import type { RuntimeConfig } from '../runtime-config.js'

export interface ExplainPorts {
  readonly runtime: Pick<RuntimeConfig, 'clients' | 'config'>
  readonly principals: Principals
  readonly clock: Clock
  readonly classify: Classify
  /** What the pipeline would do, see ../pipeline/explain.ts. */
  readonly explain: (request: ProxyRequest) => Promise<object>
}

export async function explainPage(
  ports: ExplainPorts,
  request: FastifyRequest<{ Querystring: { path?: string } }>,
): Promise<object> {
  const { path } = request.query
  if (path === undefined || request.validationError !== undefined) {
    throw new ProblemError('BAD_REQUEST', { message: 'say which: /-/explain?path=/client/' })
  }
  const refused = (why: string): object => ({ path, answer: 'refused', why, calls: 0 })
  const target = parseTarget(path)
  if (target.kind === 'ambiguous') {
    return refused(`the path can be read in two ways (${target.reason})`)
  }
  // The token to explain for is sent as always; where Authorization holds the admin token, in this header.
  const authorization =
    headerOf(request, 'x-explain-authorization') ?? request.headers.authorization
  const { clients } = ports.runtime
  const identified = clients.identify({ ...request.headers, authorization }, ports.clock.wallMs())
  if (identified.kind === 'stranger') {
    return refused(identified.isExpired ? 'the key has expired' : 'no consumer has this key')
  }
  const { caller } = identified
  if (!isAllowed(caller.rights, { method: 'GET', resource: target.resource })) {
    return refused(`${caller.name} may not read it`)
  }
  const client = identityOf(ports.principals, caller)
  // Without a token, the path is explained as if there were one.
  const known = { ...client, authorization: client.authorization ?? 'Basic Og==' }
  const maxWaitMs = ports.runtime.config.limits.queue.maxWait
  const explain = async (accept: string | undefined): Promise<Record<string, unknown>> => {
    const headers = { ...request.headers, authorization: caller.authorization, accept }
    const asked = { method: 'GET', rawTarget: path, target, headers, client }
    const explained = await ports.explain({
      ...asked,
      ...ports.classify({ ...asked, client: known }),
      id: request.id,
      program: `${client.consumer}\n${request.ip}\n${headers['user-agent'] ?? ''}`,
      httpVersion: request.raw.httpVersion,
      via: '',
      directives: requestDirectives(headers),
      priority: 'interactive',
      maxWaitMs,
      deadlineMs: ports.clock.monotonicMs() + maxWaitMs,
      signal: new AbortController().signal,
      log: request.log,
      trace: undefined,
      interim: undefined,
      readBody: async () => null,
      forward: () => Promise.reject(new Error('an explanation makes no call')),
    })
    return { ...explained }
  }
  const accept = headerOf(request, 'x-explain-accept') ?? request.headers.accept
  const explained = await explain(accept)
  const hint = await explainHint(explained, path, { accept, explain })
  return { path, ...explained, ...(hint !== undefined && { hint }) }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
