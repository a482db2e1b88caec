/** What the proxy asks of a tracer; src/observability/tracing has the one for OpenTelemetry. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Permit, RefusalReason } from '../limits/index.js'
import type { UpstreamDispatcher } from '../upstream/index.js'
import type { OpenResponses } from '../server/edge/connections/open-responses.js'
import type { UpstreamCall } from '../server/pipeline/upstream-types.js'

/** The parent of a request's spans; only the tracer looks inside. */
export type TraceContext = object

/** How a wait in the queue ended. */
export type WaitEnd = Permit | RefusalReason | 'failed'

export interface Tracing {
  /** A span for each request; before all other hooks and routes. */
  install(app: FastifyInstance): Promise<void>
  /** Ends the spans of requests that get no answer; after `install`. */
  watch(open: Pick<OpenResponses, 'onCut'>): void
  contextOf(request: FastifyRequest): TraceContext | undefined
  /** A span for the wait in the queue; returns its end. */
  waiting(call: UpstreamCall): (end: WaitEnd) => void
  /** The same dispatcher with a span for each call, whose context is sent to the upstream. */
  traced(upstream: UpstreamDispatcher): UpstreamDispatcher
  /** Sends the spans that have not been sent yet. */
  close(): Promise<void>
}
