/** One request on the wire, from its permit to its answer. */

import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Ledger } from './ledger.js'
import type { Pause } from './pause.js'
import { findRefusal, isSuspect, MAX_REFUSAL_BYTES } from './refusal.js'
import type { RefusalFound } from './refusal.js'
import { parseRetryAfter } from './retry-after.js'
import type { Clock, Permit } from './types.js'

/** The permit was too old, or used before: nothing was written. Ask for another. */
export class PermitVoidError extends Error {
  readonly code = 'PERMIT_VOID'
}

/** No response headers within the time. The upstream may have carried the request out. */
export class UpstreamTimeoutError extends Error {
  readonly code = 'UPSTREAM_TIMEOUT'
}

/** The upstream refused, and so did not carry out, the request. */
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

/** What is worth a log line and a counter; called at most once per request each. */
export interface WireEvents {
  sent?(permit: Permit): void
  answered?(permit: Permit, status: number, latencyMs: number): void
  refused?(refusal: RefusalFound, began: Pause | undefined): void
  resumed?(ended: readonly Pause[]): void
}

export interface WireHandlerOptions {
  readonly permit: Permit
  readonly ledger: Ledger
  readonly clock: Clock
  readonly timeoutMs: number
  readonly events?: WireEvents
  readonly ended?: () => void
}

type Controller = Dispatcher.DispatchController

export class WireHandler implements Dispatcher.DispatchHandler {
  readonly #next: Dispatcher.DispatchHandler
  readonly #options: WireHandlerOptions
  #timer: NodeJS.Timeout | undefined
  #sentAtMs: number | undefined
  #isSettled = false
  #held: { status: number; headers: IncomingHttpHeaders; text: string | undefined } | undefined
  #heldChunks: Buffer[] = []
  #heldBytes = 0

  constructor(next: Dispatcher.DispatchHandler, options: WireHandlerOptions) {
    this.#next = next
    this.#options = options
  }

  /** Called by undici directly before the first byte is written: the last moment to say no. */
  onRequestStart(controller: Controller, context: unknown): void {
    const { clock, permit, timeoutMs, events } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#sentAtMs !== undefined || this.#isSettled || nowMs > permit.sendByMs) {
      controller.abort(new PermitVoidError('the permit is too old or was used before'))
      return
    }
    // Whoever gave up while the socket was being opened says so here: still nothing is written.
    this.#next.onRequestStart?.(controller, context)
    if (controller.aborted) return
    this.#sentAtMs = nowMs
    this.#timer = setTimeout(() => {
      controller.abort(new UpstreamTimeoutError(`no answer within ${timeoutMs} ms`))
    }, timeoutMs)
    events?.sent?.(permit)
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    if (status < 200) return
    this.#answered(status, headers)
    if (isSuspect(status)) {
      this.#held = { status, headers, text }
      return
    }
    this.#passed()
    this.#next.onResponseStart?.(controller, status, headers, text)
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#held === undefined) {
      this.#next.onResponseData?.(controller, chunk)
      return
    }
    this.#heldChunks.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes > MAX_REFUSAL_BYTES) this.#release(controller)
  }

  onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#held !== undefined) {
      const refusal = this.#refusalIn(this.#held)
      if (refusal !== undefined) {
        const { status } = this.#held
        this.#held = undefined
        this.#next.onResponseError?.(controller, new UpstreamRefusedError(refusal, status))
        return
      }
      this.#release(controller)
    }
    this.#next.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: Controller, error: Error): void {
    clearTimeout(this.#timer)
    if (!this.#isSettled) {
      this.#isSettled = true
      this.#options.ledger.settle(
        this.#options.permit,
        this.#sentAtMs === undefined ? 'unsent' : 'dead',
      )
      this.#options.ended?.()
    }
    // Headers alone can say it; a body that broke off behind them takes nothing back.
    const refusal = this.#held === undefined ? undefined : this.#refusalIn(this.#held)
    const status = this.#held?.status ?? 0
    this.#held = undefined
    this.#next.onResponseError?.(
      controller,
      refusal === undefined ? error : new UpstreamRefusedError(refusal, status),
    )
  }

  /** Whatever the upstream counts, it counted before now: the hold begins. */
  #answered(status: number, headers: IncomingHttpHeaders): void {
    if (this.#isSettled) return
    clearTimeout(this.#timer)
    this.#isSettled = true
    const { ledger, permit, clock, events } = this.#options
    // First the clock, which says to which day it was counted.
    const date = headers.date === undefined ? Number.NaN : Date.parse(headers.date)
    ledger.observeDate(date, this.#sentAtMs ?? clock.monotonicMs())
    ledger.settle(permit, 'answered')
    this.#options.ended?.()
    events?.answered?.(permit, status, clock.monotonicMs() - (this.#sentAtMs ?? 0))
  }

  #passed(): void {
    const ended = this.#options.ledger.accepted(this.#options.permit)
    if (ended.length > 0) this.#options.events?.resumed?.(ended)
  }

  #refusalIn(held: { status: number; headers: IncomingHttpHeaders }): RefusalFound | undefined {
    const { permit, clock, ledger, events } = this.#options
    const refusal = findRefusal({
      status: held.status,
      body: textOf(Buffer.concat(this.#heldChunks), held.headers['content-encoding']),
      retryAfterMs: parseRetryAfter(held.headers['retry-after'], clock.wallMs()),
      account: permit.account,
    })
    if (refusal === undefined) return undefined
    const began = ledger.refused(refusal)
    events?.refused?.(refusal, began)
    return refusal
  }

  /** No refusal: pass on what was held back. */
  #release(controller: Controller): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    this.#passed()
    this.#next.onResponseStart?.(controller, held.status, held.headers, held.text)
    for (const chunk of this.#heldChunks) this.#next.onResponseData?.(controller, chunk)
    this.#heldChunks = []
  }
}

const DECODERS: ReadonlyMap<string, (body: Buffer, bound: { maxOutputLength: number }) => Buffer> =
  new Map([
    ['gzip', gunzipSync],
    ['x-gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
  ])

/** The body as text; an encoding that we cannot read is no reason to fail, the status still speaks. */
function textOf(body: Buffer, encoding: string | undefined): string {
  const decode = DECODERS.get(encoding?.trim().toLowerCase() ?? 'identity')
  try {
    const plain = decode?.(body, { maxOutputLength: MAX_REFUSAL_BYTES }) ?? body
    return plain.toString('utf8')
  } catch {
    return ''
  }
}
