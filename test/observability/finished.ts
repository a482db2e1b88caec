/** A request that has ended, with what a test says of it. */
import type { Outcome } from '../../src/cache/index.js'
import type { FinishedRequest } from '../../src/observability/request-buffer.js'
import type { Way } from '../../src/report/traffic.js'

export interface Parts {
  readonly client?: string
  readonly target?: string
  readonly way?: Way
  readonly outcome?: Outcome
  readonly detail?: string
  readonly queuedMs?: number
  readonly upstreamMs?: number
}

export function finished({
  client = 'alice',
  target = '/task/',
  way = 'hit',
  outcome = 'hit',
  detail,
  queuedMs,
  upstreamMs,
}: Parts): FinishedRequest {
  return {
    request: {
      method: 'GET',
      path: '/task',
      target,
      resource: 'task',
      peer: '127.0.0.1',
      requester: { client, account: 'default', token: '01234567', priority: 'interactive' },
    },
    answer: {
      id: 'r1',
      status: 200,
      durationMs: 5,
      isCut: false,
      outcome,
      cacheStatus: detail === undefined ? {} : { detail },
      queuedMs,
      upstreamMs,
    },
    way,
    endedAtMs: 0,
  }
}
