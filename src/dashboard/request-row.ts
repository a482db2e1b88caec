/** A finished request as the dashboard shows it. No secret gets into it. */

import { cacheStatus } from '../cache/index.js'
import type { FinishedRequest } from '../observability/request-buffer.js'
import { waitedMsOf } from '../observability/request-record.js'
import type { RecentRequest } from './page/frame.js'

const MAX_PATH_LENGTH = 200
/** Enough to tell two searches apart, too little for a text. */
const MAX_QUERY_LENGTH = 120

export function rowOf(
  { request, answer, way, endedAtMs }: FinishedRequest,
  seq: number,
): RecentRequest {
  const { method, target, requester } = request
  const { id, status, durationMs, outcome, upstreamMs, upstreamStatus } = answer
  const waitedMs = waitedMsOf(answer)
  return {
    seq,
    at: Math.round(endedAtMs - durationMs),
    id,
    method,
    ...splitTarget(target),
    status,
    outcome,
    way,
    cacheStatus: cacheStatus(outcome, answer.cacheStatus),
    account: requester.account,
    consumer: requester.client,
    token: requester.token,
    priority: requester.priority,
    ...(waitedMs !== undefined && { queuedMs: tenths(waitedMs) }),
    ...(upstreamMs !== undefined && { upstreamMs: tenths(upstreamMs) }),
    ...(upstreamStatus !== undefined && { upstreamStatus }),
    totalMs: tenths(durationMs),
  }
}

function splitTarget(target: string): Pick<RecentRequest, 'path' | 'query'> {
  const mark = target.indexOf('?')
  const path = shortened(mark < 0 ? target : target.slice(0, mark), MAX_PATH_LENGTH)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  if (query === '') return { path, query }
  return { path, query: `?${shortened(withoutSecrets(query), MAX_QUERY_LENGTH)}` }
}

const shortened = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`

const tenths = (ms: number): number => Math.round(ms * 10) / 10

/** Intervals takes no credential in a query, but a client that sends one there should not find it here. */
const SECRET_NAME = /token|key|pass|secret|auth|signature/iu

const withoutSecrets = (query: string): string =>
  query
    .split('&')
    .map((parameter) => {
      const end = parameter.indexOf('=')
      const isSecret = end >= 0 && SECRET_NAME.test(parameter.slice(0, end))
      return isSecret ? `${parameter.slice(0, end)}=***` : parameter
    })
    .join('&')
