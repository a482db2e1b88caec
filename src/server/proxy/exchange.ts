/** What the proxy knows of one request: made when it arrives, completed on its way, logged at its end. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { parseTarget } from '../../cache/index.js'
import type { Cacheability, CacheStatusParameters, Outcome, Target } from '../../cache/index.js'
import type { Priority } from '../../limits/index.js'
import { overridesMethod } from '../edge/ambiguity.js'
import type { Identity } from '../authentication/authenticate.js'
import { ProblemError } from '../errors/problems.js'
import type { TraceContext } from '../../observability/tracing-port.js'

export interface ProxyExchange extends Identity {
  /** The request-target as the consumer sent it; forwarded like that. */
  readonly rawTarget: string
  readonly target: Target
  readonly priority: Priority
  readonly maxWaitMs: number
  readonly cacheability: Cacheability
  outcome: Outcome
  cacheStatus: CacheStatusParameters
  /** The cache key, if it is a request that the cache may answer. Not to be logged as it is. */
  key: string | undefined
  /** The last permit that was spent on it; undefined: it cost nothing. */
  permit: number | undefined
  /** What its spans hang on, if it is traced. */
  trace: TraceContext | undefined
  queuedMs: number | undefined
  upstreamMs: number | undefined
  upstreamStatus: number | undefined
}

/** The state of an exchange that has just arrived. */
export const ARRIVED = {
  outcome: 'bypass',
  cacheStatus: {},
  key: undefined,
  permit: undefined,
  trace: undefined,
  queuedMs: undefined,
  upstreamMs: undefined,
  upstreamStatus: undefined,
} as const

/**
 * What the request line asks for.
 *
 * @throws ProblemError BAD_TARGET or AMBIGUOUS_REQUEST, for what can be read in two ways
 */
export function targetOf(request: IncomingMessage): Pick<ProxyExchange, 'rawTarget' | 'target'> {
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

/** Prefer: wait=N (RFC 7240 §4.3), seconds; longer than the operator allows is the operator's. */
export function maxWaitOf(headers: IncomingHttpHeaders, limitMs: number): number {
  const prefer = headers['prefer']
  const text = Array.isArray(prefer) ? prefer.join(',') : (prefer ?? '')
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(text)?.[1]
  return seconds === undefined ? limitMs : Math.min(limitMs, Number(seconds) * 1_000)
}

/** A body of any length but zero is announced in one of these two ways (RFC 9112 §6). */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  const length = headers['content-length']
  return length !== undefined && length !== '0'
}
