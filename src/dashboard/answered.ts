/** One answered request, as the dashboard remembers it. No secret gets into it. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { cacheStatus, OUTCOMES } from '../cache/index.js'
import { REFUSALS } from '../limits/index.js'
import type { ProxyExchange } from '../server/proxy/exchange.js'
import type { RecentRequest, Way } from './page/frame.js'

export interface Answered extends Omit<RecentRequest, 'seq'> {
  /** `other` where the path is of no known resource. */
  readonly resource: string
  /** The code of our own error, where there is one. */
  readonly refusal: string | undefined
}

/** Answers of which nothing is told but the names that they are counted by. */
export interface AnsweredGroup extends Pick<Answered, 'way' | 'resource' | 'consumer' | 'path'> {
  readonly count: number
}

/** What another process has answered: all of it counted, and the last ones, oldest first. */
export interface AnsweredElsewhere {
  readonly groups: readonly AnsweredGroup[]
  readonly last: readonly Answered[]
}

/** What is looked at; not all that is answered has been a request of Fastify's. */
export type Asked = Pick<FastifyRequest, 'exchange' | 'id' | 'method'>
export type Ended = Pick<FastifyReply, 'statusCode' | 'elapsedTime'>

/** Undefined for what is not Intervals' own: health checks, this dashboard. */
export function answeredOf(request: Asked, reply: Ended, nowMs: number): Answered | undefined {
  const { exchange } = request
  if (exchange === null || exchange === undefined) return undefined
  const {
    cacheStatus: parameters,
    outcome,
    target,
    queuedMs,
    upstreamMs,
    upstreamStatus,
  } = exchange
  const way = wayOf(exchange, reply.statusCode)
  const totalMs = reply.elapsedTime
  const refusal = way === 'refused' || way === 'failed' ? parameters.detail : undefined
  // Whoever was refused there has spent the whole time in the queue.
  const waitedMs = queuedMs ?? (OF_THE_QUEUE.has(refusal ?? '') ? totalMs : undefined)
  const [, query = ''] = cutAt(exchange.rawTarget, '?')
  return {
    at: Math.round(nowMs - totalMs),
    id: request.id,
    method: request.method,
    path: pathOf(exchange.rawTarget),
    query: query === '' ? '' : `?${shortened(withoutSecrets(query), MAX_QUERY_LENGTH)}`,
    status: reply.statusCode,
    outcome,
    way,
    cacheStatus: cacheStatus(outcome, parameters),
    account: exchange.account,
    consumer: exchange.consumer,
    token: exchange.principal.shortHash,
    priority: exchange.priority,
    ...(waitedMs !== undefined && { queuedMs: rounded(waitedMs) }),
    ...(upstreamMs !== undefined && { upstreamMs: rounded(upstreamMs) }),
    ...(upstreamStatus !== undefined && { upstreamStatus }),
    totalMs: rounded(totalMs),
    resource: target.resource ?? 'other',
    refusal,
  }
}

/** The name that a target is counted under. */
export const pathOf = (rawTarget: string): string =>
  shortened(cutAt(rawTarget, '?')[0], MAX_PATH_LENGTH)

const OF_THE_QUEUE: ReadonlySet<string> = new Set(REFUSALS)

/** Public for the test that no outcome is forgotten. */
export function wayOf(
  exchange: Pick<ProxyExchange, 'outcome' | 'cacheStatus' | 'upstreamStatus'>,
  status: number,
): Way {
  const { outcome, cacheStatus: parameters, upstreamStatus } = exchange
  if (outcome === 'refused') {
    return parameters.detail?.startsWith('upstream-') === true ? 'failed' : 'refused'
  }
  if (outcome === 'hit' || outcome === 'replayed') return 'hit'
  if (outcome === 'stale-while-revalidate' || outcome.startsWith('served-on-')) return 'stale'
  if (parameters.collapsed === true) return 'joined'
  if (status >= 500 || (upstreamStatus ?? 0) >= 500) return 'failed'
  if (outcome === 'method') return 'write'
  if (outcome === 'bypass') return 'passed'
  // What is left was looked for in the cache, and fetched.
  return OUTCOMES[outcome].handled === undefined ? 'refused' : 'fetched'
}

const MAX_PATH_LENGTH = 200
/** Enough to tell two searches apart, too little for a text. */
const MAX_QUERY_LENGTH = 120

const shortened = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`

/** Intervals takes no credential there, but whoever puts one there should not find it here. */
const SECRET_PARAMETER = /(^|&)([^&=]*(?:token|key|pass|secret|auth|signature)[^&=]*)=[^&]*/giu

const withoutSecrets = (query: string): string => query.replaceAll(SECRET_PARAMETER, '$1$2=***')

function cutAt(text: string, mark: string): [before: string, after?: string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10
