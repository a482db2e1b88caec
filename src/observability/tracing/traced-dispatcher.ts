/** A span around each call to the upstream, which gets it as `traceparent` (W3C Trace Context). */

import type { IncomingHttpHeaders } from 'node:http'
import { SpanStatusCode } from '@opentelemetry/api'
import type { Span } from '@opentelemetry/api'
import type { Dispatcher } from 'undici'
import { DISPATCH_CONTEXT } from '../../upstream/index.js'
import type { Permit } from '../../limits/index.js'
import type { DispatchContext } from '../../upstream/index.js'

interface Sent {
  readonly method: string
  readonly path: string
  readonly origin: string
}

/** `begin` returns undefined for calls that belong to no trace. */
export function tracedDispatcher(
  dispatcher: Dispatcher,
  begin: (permit: Permit, sent: Sent) => Span | undefined,
): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const headers = (options.headers ?? {}) as { [DISPATCH_CONTEXT]?: DispatchContext }
    const context = headers[DISPATCH_CONTEXT]
    const { method, origin = '' } = options
    const span =
      context && begin(context.permit, { method, path: context.target, origin: String(origin) })
    if (span === undefined) return dispatch(options, handler)
    const traced = { ...headers, ...contextHeaders(span) }
    return dispatch(
      { ...options, headers: traced as Record<string, string> },
      new SpanHandler(handler, span),
    )
  })
}

/** A client's baggage is not forwarded, because the upstream belongs to another party. */
function contextHeaders(span: Span): Record<string, string> {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const state = traceState?.serialize() ?? ''
  const flags = traceFlags.toString(16).padStart(2, '0')
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    ...(state !== '' && { tracestate: state }),
  }
}

class SpanHandler implements Dispatcher.DispatchHandler {
  readonly #next: Dispatcher.DispatchHandler
  readonly #span: Span

  constructor(next: Dispatcher.DispatchHandler, span: Span) {
    this.#next = next
    this.#span = span
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#next.onRequestStart?.(controller, context)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    if (status >= 200) this.#span.setAttribute('http.response.status_code', status)
    this.#next.onResponseStart?.(controller, status, headers, text)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#next.onResponseData?.(controller, chunk)
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#span.end()
    this.#next.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    const { code } = error as { code?: unknown }
    if (typeof code === 'string') this.#span.setAttribute('error.type', code)
    this.#span.setStatus({ code: SpanStatusCode.ERROR }).end()
    this.#next.onResponseError?.(controller, error)
  }
}
