/**
 * Where the time of a request went, for whoever collects traces. This is what the proxy asks of it; the
 * library behind it is in otel.ts, and is not loaded unless somebody wants traces.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Permit, RefusalReason } from '../../limits/index.js'
import type { UpstreamDispatcher } from '../../upstream/index.js'
import type { OpenResponses } from '../../server/edge/connections/open-responses.js'
import type { ProxyExchange } from '../../server/proxy/exchange.js'

/** What the spans of one request hang on. Only who made it looks inside. */
export type TraceContext = object

/** How a wait in the queue ended. */
export type WaitEnd = Permit | RefusalReason | 'failed'

export interface Tracing {
  /** A span for each request; before all other hooks and routes. */
  install(app: FastifyInstance): Promise<void>
  /** Ends the spans of those that get no answer; after `install`. */
  watch(open: Pick<OpenResponses, 'onCut'>): void
  contextOf(request: FastifyRequest): TraceContext | undefined
  /** A span for the wait for leave to send; returns its end. */
  waiting(exchange: ProxyExchange): (end: WaitEnd) => void
  /** The same dispatcher with a span for each call, whose context is sent to the upstream. */
  traced(upstream: UpstreamDispatcher): UpstreamDispatcher
  /** Sends what has not been sent yet. */
  close(): Promise<void>
}

/** Traces, if the environment says where to send them; otherwise nothing of OpenTelemetry is loaded. */
export async function openTracing(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = '', OTEL_SDK_DISABLED: disabled } = env
  if (endpoint === '' || disabled?.toLowerCase() === 'true') return undefined
  const { createOtelTracing } = await import('./otel.js')
  return createOtelTracing({ serviceName: env['OTEL_SERVICE_NAME'] })
}
