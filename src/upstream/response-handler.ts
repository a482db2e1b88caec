/** One request to the upstream, from its permit to the end of its response. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { MAX_INTERIM_ANSWERS, objectionTo, UpstreamGarbledError } from './response-check.js'
import { AnswerDeadline } from './response-deadline.js'
import { bodyText } from './body-text.js'
import type { Ledger } from '../limits/ledger/ledger.js'
import type { Pause } from '../limits/ledger/pause-rules.js'
import { findRefusal, isSuspect, MAX_REFUSAL_BYTES } from './refusal.js'
import type { RefusalFound } from '../limits/ledger/pause-rules.js'
import { parseHttpDate } from '../http/http-date.js'
import { parseRetryAfter } from '../http/retry-after.js'
import type { Clock, Permit } from '../limits/ledger/types.js'

/** The permit was too old, or used before: nothing was written. Ask for another. */
export class PermitVoidError extends Error {
  readonly code = 'PERMIT_VOID'
}

/** Written once already, and the connection is gone: whether it was carried out is not known. */
export class NotRepeatedError extends Error {
  readonly code = 'NOT_REPEATED'
}

/** No answer, or no whole one, within the time. The upstream may have carried the request out. */
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
export interface UpstreamEvents {
  sent?(permit: Permit): void
  answered?(permit: Permit, status: number, latencyMs: number): void
  /** It ended with an error; `isUnanswered`: sent, and no answer has begun. */
  failed?(permit: Permit, error: Error, state: { readonly isUnanswered: boolean }): void
  refused?(refusal: RefusalFound, began: Pause | undefined): void
  resumed?(ended: readonly Pause[]): void
}

export interface UpstreamResponseHandlerOptions {
  readonly permit: Permit
  readonly ledger: Ledger
  readonly clock: Clock
  readonly timeoutMs: number
  readonly answerTimeoutMs: number
  readonly events?: UpstreamEvents
  readonly sent?: () => void
  readonly ended?: () => void
}

type Controller = Dispatcher.DispatchController

export class UpstreamResponseHandler implements Dispatcher.DispatchHandler {
  readonly #next: Dispatcher.DispatchHandler
  readonly #options: UpstreamResponseHandlerOptions
  #timer: NodeJS.Timeout | undefined
  #sentAtMs: number | undefined
  #isSettled = false
  #interimAnswers = 0
  #isBodiless = false
  readonly #deadline: AnswerDeadline
  #held: { status: number; headers: IncomingHttpHeaders; text: string | undefined } | undefined
  #heldChunks: Buffer[] = []
  #heldBytes = 0

  constructor(next: Dispatcher.DispatchHandler, options: UpstreamResponseHandlerOptions) {
    this.#next = next
    this.#options = options
    this.#deadline = new AnswerDeadline(options.clock, options.answerTimeoutMs)
  }

  /** Called by undici directly before the first byte is written: the last moment to say no. */
  onRequestStart(controller: Controller, context: unknown): void {
    const { clock, permit, timeoutMs, events } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#sentAtMs !== undefined) {
      controller.abort(new NotRepeatedError('the connection ended before an answer'))
      return
    }
    if (this.#isSettled || nowMs > permit.sendByMs) {
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
    this.#options.sent?.()
    events?.sent?.(permit)
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    const objection = objectionTo(status, headers)
    if (status < 200 && objection === undefined) {
      this.#interim(controller)
      if (!controller.aborted) this.#next.onResponseStart?.(controller, status, headers, text)
      return
    }
    this.#isBodiless = status === 204 || status === 304
    this.#answered(status, headers)
    if (objection !== undefined) {
      controller.abort(objection)
      return
    }
    if (isSuspect(status)) {
      this.#held = { status, headers, text }
    } else {
      this.#passed()
      this.#next.onResponseStart?.(controller, status, headers, text)
    }
    this.#deadline.waitsFor(controller.paused ? 'consumer' : 'upstream')
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#deadline.isOver()) {
      const { answerTimeoutMs } = this.#options
      controller.abort(new UpstreamTimeoutError(`no whole answer within ${answerTimeoutMs} ms`))
      return
    }
    if (this.#held === undefined) {
      this.#next.onResponseData?.(controller, chunk)
    } else {
      this.#heldChunks.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes > MAX_REFUSAL_BYTES) this.#release(controller)
    }
    this.#deadline.waitsFor(controller.paused ? 'consumer' : 'upstream')
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
    const isUnanswered = this.#sentAtMs !== undefined && !this.#isSettled
    if (!this.#isSettled) {
      this.#isSettled = true
      this.#options.ledger.settle(
        this.#options.permit,
        this.#sentAtMs === undefined ? 'unsent' : 'dead',
      )
      this.#options.ended?.()
    }
    // Such an answer ends with its head, whatever length it speaks of (RFC 9112 §6.3); undici waits for
    // as many bytes.
    if (this.#isBodiless && isLengthMismatch(error)) {
      this.#next.onResponseEnd?.(controller, {})
      return
    }
    // Headers alone can say it; a body that broke off behind them takes nothing back.
    const refusal = this.#held === undefined ? undefined : this.#refusalIn(this.#held)
    const status = this.#held?.status ?? 0
    this.#held = undefined
    if (refusal === undefined) {
      this.#options.events?.failed?.(this.#options.permit, error, { isUnanswered })
    }
    this.#next.onResponseError?.(
      controller,
      refusal === undefined ? error : new UpstreamRefusedError(refusal, status),
    )
  }

  #interim(controller: Controller): void {
    if (++this.#interimAnswers <= MAX_INTERIM_ANSWERS) return
    controller.abort(new UpstreamGarbledError(`more than ${MAX_INTERIM_ANSWERS} interim answers`))
  }

  /** Whatever the upstream counts, it counted before now: the hold begins. */
  #answered(status: number, headers: IncomingHttpHeaders): void {
    if (this.#isSettled) return
    clearTimeout(this.#timer)
    this.#isSettled = true
    const { ledger, permit, clock, events } = this.#options
    // First the clock, which says to which day it was counted.
    const dateMs =
      headers.date === undefined ? undefined : parseHttpDate(headers.date, clock.wallMs())
    if (dateMs !== undefined) ledger.observeDate(dateMs, this.#sentAtMs ?? clock.monotonicMs())
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
      body: bodyText(
        Buffer.concat(this.#heldChunks),
        held.headers['content-encoding'],
        MAX_REFUSAL_BYTES,
      ),
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

const isLengthMismatch = (error: Error & { code?: string }): boolean =>
  error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
