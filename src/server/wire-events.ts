/** What happens on the wire, as log lines and counters. State changes are logged once each. */

import type { FastifyBaseLogger } from 'fastify'
import type { WireEvents } from '../limits/index.js'
import type { Metrics } from './metrics.js'
import type { Events } from './notify/events.js'

export function wireEvents(log: FastifyBaseLogger, metrics: Metrics, events: Events): WireEvents {
  return {
    answered(_permit, status, latencyMs) {
      metrics.upstreamCalls.inc({ status_class: `${Math.floor(status / 100)}xx` })
      metrics.upstreamSeconds.observe(latencyMs / 1_000)
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
