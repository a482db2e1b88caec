/** A finished request as the dashboard shows it. No secret gets into it. */

import { cacheStatus } from '../cache/index.js'
import type { FinishedRequest } from '../observability/request-buffer.js'
import { sentPath, shortened, tenths, waitedMsOf } from '../observability/request-record.js'
import type { RecentRequest } from './page/frame.js'

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
    path: sentPath(target),
    query: queryOf(target),
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

function queryOf(target: string): string {
  const mark = target.indexOf('?')
  if (mark < 0 || mark === target.length - 1) return ''
  return `?${shortened(withoutSecrets(target.slice(mark + 1)), MAX_QUERY_LENGTH)}`
}

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
