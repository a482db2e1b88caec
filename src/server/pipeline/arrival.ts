/** From what Fastify received to the request value. Nothing is decided here that depends on the cache. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isWrite, parseTarget, requestDirectives } from '../../cache/index.js'
import type { Clock, Priority } from '../../limits/index.js'
import { letIn } from '../authentication/authenticate.js'
import type { LettingIn } from '../authentication/authenticate.js'
import { overridesMethod } from '../edge/ambiguity.js'
import { ProblemError } from '../errors/problems.js'
import type { ProxyRequest } from './request.js'
import { AbandonedError } from './abandoned.js'
import type { Via } from './via.js'

/** What a profile makes of the target, and whether its cache has a say. */
export type Classify = (
  request: Pick<ProxyRequest, 'method' | 'rawTarget' | 'target' | 'headers' | 'client'>,
) => Pick<ProxyRequest, 'target' | 'bypass' | 'format'>

export interface ArrivalDeps {
  /** Rights name resources; without knowledge of them, only `all` covers a path. */
  readonly knowsResources: boolean
  readonly authentication: LettingIn
  readonly clock: Clock
  readonly maxWaitMs: () => number
  readonly via: Pick<Via, 'of'>
  /** What the profile makes of the target, and whether the cache has a say. */
  readonly classify: Classify
  readonly traceOf: ((request: FastifyRequest) => object | undefined) | undefined
}

/** What the connection adds to the request. */
export type Exchange = Pick<ProxyRequest, 'readBody' | 'forward' | 'interim' | 'onPermit'>

/** @throws ProblemError for a request that can be read in two ways, or a client that may not send it */
export function arrived(
  deps: ArrivalDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: Exchange,
): ProxyRequest {
  const { raw } = request
  const { headers } = raw
  const method = request.method
  const { rawTarget, target: parsed } = targetOf(raw)
  const via = deps.via.of(raw)
  const client = letIn(
    deps.authentication,
    request,
    deps.knowsResources ? parsed.resource : undefined,
  )
  const classified = deps.classify({ method, rawTarget, target: parsed, headers, client })
  const maxWaitMs = maxWaitOf(headers, deps.maxWaitMs())
  return {
    id: request.id,
    method,
    rawTarget,
    ...classified,
    headers,
    httpVersion: raw.httpVersion,
    via,
    client,
    program: `${client.consumer}\n${request.ip}\n${headers['user-agent'] ?? ''}`,
    directives: requestDirectives(headers),
    priority: priorityOf(headers, isWrite(method)),
    maxWaitMs,
    deadlineMs: deps.clock.monotonicMs() + maxWaitMs,
    signal: disconnectOf(reply),
    log: request.log,
    trace: deps.traceOf?.(request),
    ...exchange,
  }
}

/**
 * What the request line asks for.
 *
 * @throws ProblemError BAD_TARGET or AMBIGUOUS_REQUEST, where it can be read in two ways
 */
export function targetOf(request: IncomingMessage): Pick<ProxyRequest, 'rawTarget' | 'target'> {
  if (overridesMethod(request)) {
    throw new ProblemError('AMBIGUOUS_REQUEST', {
      message: 'the request names two methods; send the one that is meant in the request line',
    })
  }
  const rawTarget = request.url ?? '/'
  const target = parseTarget(rawTarget)
  if (target.kind === 'ambiguous') {
    throw new ProblemError('BAD_TARGET', {
      message: `the request target can be read in two ways (${target.reason}); send the plain path, e.g. /task/13`,
    })
  }
  return { rawTarget, target }
}

function disconnectOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new AbandonedError('the client disconnected'))
  })
  return controller.signal
}

const PRIORITY_NAMES: ReadonlyMap<string, Priority> = new Map([
  ['write', 'write'],
  ['interactive', 'interactive'],
  ['background', 'background'],
])

export function priorityOf(headers: IncomingHttpHeaders, isWrite: boolean): Priority {
  const name = headers['intervals-proxy-priority']
  const asked = typeof name === 'string' ? PRIORITY_NAMES.get(name.trim().toLowerCase()) : undefined
  return asked ?? (isWrite ? 'write' : 'interactive')
}

/** Prefer: wait=N (RFC 7240 §4.3), seconds; at most what the operator allows. */
export function maxWaitOf(headers: IncomingHttpHeaders, limitMs: number): number {
  const prefer = headers['prefer']
  if (prefer === undefined) return limitMs
  const text = Array.isArray(prefer) ? prefer.join(',') : prefer
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(text)?.[1]
  return seconds === undefined ? limitMs : Math.min(limitMs, Number(seconds) * 1_000)
}

/** A body of any length but zero is announced in one of these two ways (RFC 9112 §6). */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  const length = headers['content-length']
  return length !== undefined && length !== '0'
}
