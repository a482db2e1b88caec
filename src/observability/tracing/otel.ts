/**
 * Traces with OpenTelemetry, sent as OTLP over HTTP. The exporter and the sampler read the OTEL_
 * variables themselves. A span has paths without queries, names and numbers; never a header, a query or
 * a body, so no secret.
 */

import { FastifyOtelInstrumentation } from '@fastify/otel'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import type { FastifyRequest } from 'fastify'
import type { Permit } from '../../limits/index.js'
import { shortHash } from '../access-log.js'
import { tracedDispatcher } from './traced-dispatcher.js'
import type { Tracing } from '../tracing-port.js'

export interface OtelOptions {
  /** Default `intervals-proxy`. */
  readonly serviceName?: string | undefined
  /** Where to, the path /v1/traces included. Default: as OTEL_EXPORTER_OTLP_ENDPOINT says. */
  readonly url?: string
}

/** Spans that wait to be sent; further spans are dropped. */
const MAX_WAITING_SPANS = 2_048
const CLOSE_WITHIN_MS = 2_000

export function createOtelTracing({
  serviceName = 'intervals-proxy',
  url,
}: OtelOptions = {}): Tracing {
  const exporter = new OTLPTraceExporter(url === undefined ? {} : { url })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: MAX_WAITING_SPANS })],
  })
  // For the context that clients send. Ours is passed explicitly, so no context manager is needed.
  provider.register({ contextManager: null })
  const tracer = provider.getTracer('intervals-proxy')
  const instrumentation = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    // Error messages are in the log.
    recordExceptions: false,
    ignorePaths: ({ url: path }) => path.startsWith('/-/'),
    requestHook: (span, { url: target, id }) => {
      span.setAttributes({
        'url.path': target.split('?', 1)[0] ?? '',
        'intervals_proxy.request_id': id,
      })
    },
  })
  instrumentation.setTracerProvider(provider)
  /** The context of each permit, until its call is made. */
  const contexts = new WeakMap<Permit, Context>()

  function describe(request: FastifyRequest): void {
    const { handled } = request
    const { span } = request.opentelemetry()
    if (handled === null || !span) return
    const { target, client } = handled.request
    const { outcome = 'abandoned', cacheStatus = {}, key } = handled.answer ?? {}
    span.updateName(`${request.method} ${target.resource ?? 'other'}`)
    span.setAttributes({
      'intervals_proxy.outcome': outcome,
      'intervals_proxy.account': client.account,
      'intervals_proxy.consumer': client.consumer,
      'intervals_proxy.joined': cacheStatus.collapsed === true,
      ...(cacheStatus.detail !== undefined && { 'intervals_proxy.detail': cacheStatus.detail }),
      ...(key !== undefined && { 'intervals_proxy.key': shortHash(key) }),
    })
  }

  return {
    async install(app) {
      await app.register(instrumentation.plugin())
      app.addHook('onSend', (request, _reply, payload, done) => {
        describe(request)
        done(null, payload)
      })
    },
    watch({ onCut }) {
      onCut((request) => {
        describe(request)
        request.opentelemetry().span?.setStatus({ code: SpanStatusCode.ERROR }).end()
      })
    },
    contextOf: (request) => request.opentelemetry().context ?? undefined,
    waiting({ trace: parent, priority, client: { consumer } }) {
      if (parent === undefined) return () => {}
      const context = parent as Context
      const attributes = {
        'intervals_proxy.priority': priority,
        'intervals_proxy.consumer': consumer,
      }
      const span = tracer.startSpan('queue', { attributes }, context)
      return (end) => {
        if (typeof end === 'object') {
          contexts.set(end, context)
          span.setAttribute('intervals_proxy.permit', end.id)
        } else {
          span
            .setAttribute('intervals_proxy.refused', end)
            .setStatus({ code: SpanStatusCode.ERROR })
        }
        span.end()
      }
    },
    traced: (upstream) => ({
      ...upstream,
      dispatcher: tracedDispatcher(upstream.dispatcher, (permit, { method, path, origin }) => {
        const parent = contexts.get(permit)
        if (parent === undefined) return undefined
        return tracer.startSpan(
          'upstream',
          {
            kind: SpanKind.CLIENT,
            attributes: {
              'http.request.method': method,
              'url.path': path.split('?', 1)[0] ?? '',
              'server.address': origin,
              'intervals_proxy.permit': permit.id,
            },
          },
          parent,
        )
      }),
    }),
    async close() {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_WITHIN_MS)
      })
      // The collector may be gone; the end of the proxy does not wait for it.
      await Promise.race([provider.shutdown().catch(() => {}), late])
      clearTimeout(timer)
      trace.disable()
    },
  }
}
