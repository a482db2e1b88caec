/** One request to the upstream, from its permit to the end of its response. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { parseHttpDate } from '../http/http-date.js'
import { parseRetryAfter } from '../http/retry-after.js'
import { bodyText } from './body-text.js'
import {
  GatewayRefusedError,
  NotRepeatedError,
  NotSentError,
  PermitVoidError,
  UpstreamGarbledError,
  UpstreamRefusedError,
  UpstreamTimeoutError,
} from './errors.js'
import {
  findRefusal,
  isFromGateway,
  MAX_ERROR_IN_200_BYTES,
  MAX_REFUSAL_BYTES,
  SUSPECT_STATUSES,
} from './refusal.js'
import { invalidHead, MAX_INTERIM_RESPONSES } from './response-check.js'
import { ResponseDeadline } from './response-deadline.js'
import type { Clock, Ledger, Pause, Permit, RefusalFound } from '../limits/index.js'

/** Events for log lines and counters; each is called at most once per request. */
export interface UpstreamEvents {
  sent?(permit: Permit): void
  answered?(permit: Permit, status: number, latencyMs: number): void
  /** The call failed: before it was sent, without a response, or after the response began. */
  failed?(permit: Permit, error: Error, at: 'unsent' | 'unanswered' | 'answered'): void
  refused?(refusal: RefusalFound, began: Pause | undefined): void
  resumed?(ended: readonly Pause[]): void
}

export interface UpstreamResponseHandlerOptions {
  readonly permit: Permit
  readonly ledger: Pick<Ledger, 'settle' | 'observeDate' | 'accepted' | 'refused'>
  readonly clock: Clock
  readonly timeoutMs: number
  readonly answerTimeoutMs: number
  readonly allowsUnknownCoding: boolean
  readonly events: UpstreamEvents
  readonly sent: (() => void) | undefined
  readonly ended: (() => void) | undefined
}

type Controller = Dispatcher.DispatchController

/** A response head that is held back until its body has been read, because it may be a refusal. */
interface HeldHead {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string | undefined
}

export class UpstreamResponseHandler implements Dispatcher.DispatchHandler {
  readonly #next: Dispatcher.DispatchHandler
  readonly #options: UpstreamResponseHandlerOptions
  readonly #deadline: ResponseDeadline
  #timer: NodeJS.Timeout | undefined
  #sentAtMs: number | undefined
  #isSettled: boolean
  #interimResponses: number
  #isBodiless: boolean
  #held: HeldHead | undefined
  #heldChunks: Buffer[]
  #heldBytes: number

  constructor(next: Dispatcher.DispatchHandler, options: UpstreamResponseHandlerOptions) {
    this.#next = next
    this.#options = options
    this.#deadline = new ResponseDeadline(options.clock, options.answerTimeoutMs)
    this.#isSettled = false
    this.#interimResponses = 0
    this.#isBodiless = false
    this.#heldChunks = []
    this.#heldBytes = 0
  }

  /** Called by undici directly before the first byte is written: the last moment to stop the request. */
  onRequestStart(controller: Controller, context: unknown): void {
    const { clock, permit, timeoutMs, events } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#sentAtMs !== undefined) {
      controller.abort(new NotRepeatedError('the connection ended before a response'))
      return
    }
    if (this.#isSettled || nowMs > permit.sendByMs) {
      controller.abort(new PermitVoidError('the permit is too old or was used before'))
      return
    }
    // A caller that gave up while the connection was opened aborts here, before anything is written.
    this.#next.onRequestStart?.(controller, context)
    if (controller.aborted) return
    this.#sentAtMs = nowMs
    this.#timer = setTimeout(() => {
      controller.abort(new UpstreamTimeoutError(`no response within ${timeoutMs} ms`))
    }, timeoutMs)
    this.#options.sent?.()
    events.sent?.(permit)
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    const invalid = invalidHead(status, headers, this.#options.allowsUnknownCoding)
    if (status < 200 && invalid === undefined) {
      if (++this.#interimResponses > MAX_INTERIM_RESPONSES) {
        const limit = `more than ${MAX_INTERIM_RESPONSES} interim responses`
        controller.abort(new UpstreamGarbledError(limit))
      } else this.#next.onResponseStart?.(controller, status, headers, text)
      return
    }
    this.#isBodiless = status === 204 || status === 304
    if (!this.#isSettled) this.#answered(status, headers)
    if (invalid !== undefined) {
      controller.abort(invalid)
      return
    }
    this.#held = { status, headers, text }
    if (!SUSPECT_STATUSES.has(status)) this.#release(controller)
    this.#deadline.waitFor(controller.paused ? 'client' : 'upstream')
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#deadline.hasPassed()) {
      const limit = `no complete response within ${this.#options.answerTimeoutMs} ms`
      controller.abort(new UpstreamTimeoutError(limit))
      return
    }
    if (this.#held === undefined) {
      this.#next.onResponseData?.(controller, chunk)
    } else {
      this.#heldChunks.push(chunk)
      this.#heldBytes += chunk.length
      const { status, headers } = this.#held
      const isOrdinary =
        status === 200 &&
        headers['content-encoding'] === undefined &&
        !chunk.includes('"error"') &&
        !chunk.includes('<error')
      const limitBytes = status === 200 ? MAX_ERROR_IN_200_BYTES : MAX_REFUSAL_BYTES
      if (isOrdinary || this.#heldBytes > limitBytes) this.#release(controller)
    }
    this.#deadline.waitFor(controller.paused ? 'client' : 'upstream')
  }

  onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    const refused = this.#held && this.#refusalIn(this.#held)
    if (refused !== undefined) {
      this.#held = undefined
      this.#next.onResponseError?.(controller, refused)
      return
    }
    if (this.#held !== undefined) this.#release(controller)
    this.#next.onResponseEnd?.(controller, trailers)
  }

  /** undici passes no controller when it never came to `onRequestStart`, whatever its types say. */
  onResponseError(controller: Controller | undefined, error: Error): void {
    clearTimeout(this.#timer)
    const { ledger, permit, events, ended } = this.#options
    const wasSent = this.#sentAtMs !== undefined
    const wasAnswered = this.#isSettled
    if (!wasAnswered) {
      this.#isSettled = true
      ledger.settle(permit, wasSent ? 'dead' : 'unsent')
      ended?.()
    }
    const next = this.#next as { onResponseError?(c: Controller | undefined, error: Error): void }
    // Such a response ends with its head, whatever its Content-Length (RFC 9112 §6.3); undici waits
    // for the bytes.
    if (controller !== undefined && this.#isBodiless && isLengthMismatch(error)) {
      this.#next.onResponseEnd?.(controller, {})
      return
    }
    // A refusal may be complete in the head alone; a broken body does not change that.
    const refused = this.#held && this.#refusalIn(this.#held)
    this.#held = undefined
    if (refused !== undefined) {
      next.onResponseError?.(controller, refused)
      return
    }
    const wasAborted = controller?.aborted === true
    const failure = wasSent || wasAborted ? error : new NotSentError(error)
    events.failed?.(permit, failure, wasAnswered ? 'answered' : wasSent ? 'unanswered' : 'unsent')
    next.onResponseError?.(controller, failure)
  }

  /** Whatever the upstream counts, it has counted by now: the hold of the slot begins. */
  #answered(status: number, headers: IncomingHttpHeaders): void {
    clearTimeout(this.#timer)
    this.#isSettled = true
    const { ledger, permit, clock, events, ended } = this.#options
    const nowMs = clock.monotonicMs()
    const sentAtMs = this.#sentAtMs ?? nowMs
    // The Date comes first, because it says on which day the call was counted. A response with an Age
    // came from a cache, whose Date is in the past.
    const dateMs =
      typeof headers.date === 'string' && headers.age === undefined
        ? parseHttpDate(headers.date, clock.wallMs())
        : undefined
    if (dateMs !== undefined) ledger.observeDate(dateMs, sentAtMs)
    ledger.settle(permit, 'answered')
    ended?.()
    events.answered?.(permit, status, nowMs - sentAtMs)
  }

  #refusalIn(held: HeldHead): UpstreamRefusedError | GatewayRefusedError | undefined {
    const { status, headers } = held
    const { permit, clock, ledger, events } = this.#options
    const bytes = Buffer.concat(this.#heldChunks)
    const body = bodyText(bytes, headers['content-encoding'], MAX_REFUSAL_BYTES)
    const retryAfterMs = parseRetryAfter(headers['retry-after'], clock.wallMs())
    if (isFromGateway(body)) {
      const isRefusal = status === 429 || status === 503
      return isRefusal ? new GatewayRefusedError(status, retryAfterMs) : undefined
    }
    const refusal = findRefusal({ status, body, retryAfterMs, account: permit.account })
    if (refusal === undefined) return undefined
    const began = ledger.refused(refusal)
    events.refused?.(refusal, began)
    return new UpstreamRefusedError(refusal, status)
  }

  /** The response is no refusal, or was never suspect: pass it on. */
  #release(controller: Controller): void {
    const held = this.#held
    const chunks = this.#heldChunks
    if (held === undefined) return
    this.#held = undefined
    this.#heldChunks = []
    const { ledger, permit, events } = this.#options
    const ended = ledger.accepted(permit)
    if (ended.length > 0) events.resumed?.(ended)
    this.#next.onResponseStart?.(controller, held.status, held.headers, held.text)
    for (const chunk of chunks) this.#next.onResponseData?.(controller, chunk)
  }
}

const isLengthMismatch = (error: Error & { code?: string }): boolean =>
  error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
