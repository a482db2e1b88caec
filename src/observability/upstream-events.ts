/** Upstream calls as log lines and counters. Each state change is logged once. */

import type { FastifyBaseLogger } from 'fastify'
import { OTHERS, QUOTA_ASKER } from '../limits/index.js'
import type { UpstreamEvents } from '../upstream/index.js'
import type { Metrics } from './metrics.js'
import type { Events } from './events.js'
import type { Reachability } from './reachability.js'
import { detailOf } from '../server/errors/problems.js'
import { knownProblem } from '../server/errors/upstream-problem.js'

export interface UpstreamEventsOptions {
  readonly metrics: Metrics
  readonly events: Events
  readonly reachability: Reachability
  /** Whether the configuration names this client. Others are not used as labels: any program can send any name. */
  readonly isListed: (consumer: string) => boolean
}

export function upstreamEvents(
  log: FastifyBaseLogger,
  { metrics, events, reachability, isListed }: UpstreamEventsOptions,
): UpstreamEvents {
  return {
    sent({ account, consumer: asked }) {
      const consumer = asked === QUOTA_ASKER || isListed(asked) ? asked : OTHERS
      metrics.consumerCalls.inc({ account, consumer })
    },
    answered({ resource }, status, latencyMs) {
      reachability.answered()
      metrics.upstreamCalls.inc({ resource, status_class: `${Math.floor(status / 100)}xx` })
      metrics.upstreamSeconds.observe(latencyMs / 1_000)
    },
    failed({ resource }, error, at) {
      if (at !== 'answered') reachability.failed(error)
      if (at === 'unanswered') metrics.upstreamCalls.inc({ resource, status_class: 'none' })
      const problem = knownProblem(error)
      if (problem !== undefined) metrics.upstreamFailures.inc({ cause: detailOf(problem.code) })
    },
    refused(refusal, began) {
      metrics.upstreamRefusals.inc({ reason: refusal.reason })
      if (began === undefined) return
      const until = Number.isFinite(began.durationMs)
        ? `${Math.ceil(began.durationMs / 1_000)} s`
        : 'a person resumes'
      log.warn(
        { scope: began.scope, reason: began.reason, strikes: began.strikes },
        `paused until ${until}: ${began.detail}`,
      )
      const seconds = Number.isFinite(began.durationMs) ? Math.ceil(began.durationMs / 1_000) : null
      const { scope, reason, detail } = began
      events.emit({ event: 'paused', scope, reason, seconds, detail })
    },
    resumed(ended) {
      for (const { scope, reason } of ended) {
        log.info({ scope, reason }, `${scope} goes on: the upstream accepted a request again`)
        events.emit({ event: 'resumed', scope, by: 'upstream' })
      }
    },
  }
}
