/**
 * How an upstream call fails, and the one decision that follows from it: whether the request may be
 * sent again.
 */

import type { RefusalFound } from '../limits/index.js'

/** The permit was too old or had been used: nothing was sent. Ask for another permit. */
export class PermitVoidError extends Error {
  readonly code = 'PERMIT_VOID'
}

/** Nothing was sent, because no connection could be established. It looks like its cause. */
export class NotSentError extends Error {
  readonly code: string | undefined

  constructor(cause: Error & { readonly code?: string }) {
    super(cause.message, { cause })
    this.code = cause.code
  }
}

/** The request was sent once and its connection is gone. The upstream may have carried it out. */
export class NotRepeatedError extends Error {
  readonly code = 'NOT_REPEATED'
}

/** No response, or no complete one, in time. The upstream may have carried the request out. */
export class UpstreamTimeoutError extends Error {
  readonly code = 'UPSTREAM_TIMEOUT'
}

/** The response is not valid HTTP. The upstream may have carried the request out. */
export class UpstreamGarbledError extends Error {
  readonly code = 'UPSTREAM_GARBLED'
}

/** The upstream refused the request, and so did not carry it out. */
export class UpstreamRefusedError extends Error {
  readonly code = 'UPSTREAM_REFUSED'
  readonly refusal: RefusalFound
  readonly status: number

  constructor(refusal: RefusalFound, status: number) {
    super(`the upstream refused (${refusal.reason})`)
    this.refusal = refusal
    this.status = status
  }
}

/**
 * Another intervals-proxy in front of Intervals refused the request with 429 or 503, and so did not carry
 * it out.
 */
export class GatewayRefusedError extends Error {
  readonly code = 'GATEWAY_REFUSED'
  readonly status: number
  /** What its Retry-After asks for, milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, retryAfterMs: number | undefined) {
    super(`the gateway refused with ${status}`)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** The upstream closed or reset the connection. The code is the one that undici takes for a dead socket. */
export class ConnectionLostError extends Error {
  readonly code = 'UND_ERR_SOCKET'
  /** The connection had served a request before, and not one byte answered this one. */
  readonly isStaleReuse: boolean

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly isStaleReuse: boolean },
  ) {
    super(message, { cause: options.cause })
    this.isStaleReuse = options.isStaleReuse
  }
}

/**
 * - `permit-void`: not sent; another permit may be asked for at once.
 * - `not-sent`: not sent, because no connection could be established.
 * - `refused`: not carried out; the ledger knows when to send again.
 * - `gateway-refused`: not carried out; another intervals-proxy says when to send it again.
 * - `reused-connection-closed`: the upstream closed an idle connection as the request was written. It
 *   almost certainly was not read, so a GET may be sent once more, on a new connection; a write may not.
 * - `unknown`: the upstream may have carried it out.
 */
export type CallFailure =
  | 'permit-void'
  | 'not-sent'
  | 'refused'
  | 'gateway-refused'
  | 'reused-connection-closed'
  | 'unknown'

/** What a failed call means for sending the request again. Errors of reply-from wrap the real one. */
export function classifyFailure(error: unknown): CallFailure {
  let current: unknown = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if (current instanceof UpstreamRefusedError) return 'refused'
    if (current instanceof GatewayRefusedError) return 'gateway-refused'
    if (current instanceof PermitVoidError) return 'permit-void'
    if (current instanceof NotSentError) return 'not-sent'
    if (current instanceof ConnectionLostError && current.isStaleReuse) {
      return 'reused-connection-closed'
    }
    current = current.cause
  }
  return 'unknown'
}
