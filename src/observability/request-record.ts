/**
 * A finished request as two plain values: what was asked, and what became of it. The log line, the
 * counters and the dashboard's row are functions of these values. Whatever answers requests, the fast
 * path included, ends in one call of `record` in request-recorder.ts.
 */

import { OUTCOMES } from '../cache/index.js'
import type { CacheStatusParameters, Outcome } from '../cache/index.js'
import { REFUSALS } from '../limits/index.js'
import type { Priority } from '../limits/index.js'
import type { RequestFields } from './request-line.js'
import type { Way } from '../report/traffic.js'

/** Everything that is known when the client has been authenticated; never changes afterwards. */
export interface RequestSummary {
  readonly method: string
  /** As it is logged: without the query. */
  readonly path: string
  /** As it was sent, with the query, which may be personal: for an operator to see, never to be logged. */
  readonly target: string
  /** `other` where the path names no known resource. */
  readonly resource: string
  /** Address of the client. */
  readonly peer: string
  readonly requester: Requester
}

export interface Requester {
  readonly client: string
  readonly account: string
  /** Eight digits of the token's keyed hash. */
  readonly token: string
  readonly priority: Priority
}

/** A request that was refused before it was known whose it is. */
export type UnknownRequest = Pick<RequestSummary, 'method' | 'path' | 'peer'>

export interface AnswerSummary {
  /** X-Request-Id. */
  readonly id: string
  /** null: nothing of an answer was sent. */
  readonly status: number | null
  readonly durationMs: number
  /** The connection ended before the answer did. */
  readonly isCut: boolean
  readonly outcome: Outcome
  readonly cacheStatus: CacheStatusParameters
  /** Short hash of the cache key. */
  readonly key?: string | undefined
  /** Of the last permit that was spent on it; undefined: it cost nothing. */
  readonly permit?: number | undefined
  readonly queuedMs?: number | undefined
  readonly upstreamMs?: number | undefined
  readonly upstreamStatus?: number | undefined
}

/** The log line. Fields that are undefined are left out. */
export function fieldsOf(
  { method, path, peer, requester }: UnknownRequest & Partial<RequestSummary>,
  answer: AnswerSummary,
): RequestFields {
  const { id, status, durationMs, isCut, outcome, cacheStatus, key, permit } = answer
  const hasPermit = permit !== undefined
  const { queuedMs = 0, upstreamMs } = answer
  return {
    reqId: id,
    method,
    path,
    status,
    ms: Math.round(durationMs * 10) / 10,
    consumer: requester?.client,
    account: requester?.account,
    peer,
    token: requester?.token,
    outcome,
    ttlSeconds: cacheStatus.ttlSeconds,
    fwdStatus: cacheStatus.fwdStatus,
    stored: cacheStatus.stored,
    collapsed: cacheStatus.collapsed,
    detail: cacheStatus.detail,
    key,
    priority: hasPermit ? requester?.priority : undefined,
    permit,
    queuedMs: hasPermit ? Math.round(queuedMs) : undefined,
    upstreamMs: hasPermit && upstreamMs !== undefined ? Math.round(upstreamMs) : undefined,
    upstreamStatus: hasPermit ? answer.upstreamStatus : undefined,
    isCut: isCut || undefined,
  }
}

export function wayOf({ outcome, cacheStatus, status, upstreamStatus = 0 }: AnswerSummary): Way {
  if (outcome === 'refused') {
    return cacheStatus.detail?.startsWith('upstream-') === true ? 'failed' : 'refused'
  }
  if (outcome === 'hit' || outcome === 'replayed') return 'hit'
  if (outcome === 'stale-while-revalidate' || outcome.startsWith('served-on-')) return 'stale'
  if (cacheStatus.collapsed === true) return 'joined'
  if ((status ?? 0) >= 500 || upstreamStatus >= 500) return 'failed'
  if (outcome === 'method') return 'write'
  if (outcome === 'bypass') return 'passed'
  // The other outcomes are lookups that ended in a call, and `abandoned`.
  return OUTCOMES[outcome].handled === undefined ? 'refused' : 'fetched'
}

/** A request that the queue refused has spent all of its time there. */
export const waitedMsOf = ({ queuedMs, cacheStatus, durationMs }: AnswerSummary) =>
  queuedMs ?? (QUEUE_REFUSALS.has(cacheStatus.detail ?? '') ? durationMs : undefined)

const QUEUE_REFUSALS: ReadonlySet<string> = new Set(REFUSALS)

/** The closed list of causes; the words are labels of `intervals_proxy_saved_calls_total`. */
export const SAVED_CAUSES = [
  /** A fresh cache entry, sent whole. */
  'hit',
  /** A fresh cache entry that the client has already (If-None-Match): 304 without a body. */
  'not-modified',
  /** A fresh cache entry with a 403 or a 404. */
  'negative',
  /** A stale cache entry, while another request's refresh ran or no call could be made. */
  'stale',
  /** The call of another request for the same at the same time. */
  'joined',
  /** A write that was repeated under its Idempotency-Key. */
  'replayed',
  /** A token that the upstream refused a moment ago, and that was not sent again. */
  'refused-token',
] as const
export type SavedCause = (typeof SAVED_CAUSES)[number]

/**
 * The call that a request did not need, one at most. Undefined: it spent a call, or did not bring the
 * client what a call would have brought.
 */
export function savedBy({
  outcome,
  cacheStatus,
  permit,
  status,
}: AnswerSummary): SavedCause | undefined {
  if (permit !== undefined || status === null) return undefined
  if (outcome === 'hit') {
    if (status === 304) return 'not-modified'
    return status >= 400 ? 'negative' : 'hit'
  }
  if (outcome === 'replayed') return 'replayed'
  const { detail, collapsed } = cacheStatus
  if (outcome === 'refused') return detail === 'credential-refused' ? 'refused-token' : undefined
  // The profile http says so in the detail.
  if (SERVED.has(outcome) || SERVED.has(detail ?? '')) return 'stale'
  return collapsed === true ? 'joined' : undefined
}

const SERVED: ReadonlySet<string> = new Set(['served-on-error', 'served-on-refusal'])
