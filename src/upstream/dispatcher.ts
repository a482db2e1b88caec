/**
 * The only path to the upstream: an undici dispatcher that refuses a request without a permit and uses
 * each permit once. It settles the permit when the response headers arrive or the socket is dead, and
 * detects refusals, so callers cannot forget either.
 */

import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { createConnector } from './connector.js'
import { PermitVoidError } from './errors.js'
import { UpstreamResponseHandler } from './response-handler.js'
import type { UpstreamEvents } from './response-handler.js'
import type { Clock, Ledger, Permit } from '../limits/index.js'

/**
 * What a request must carry, under the symbol `DISPATCH_CONTEXT` in its headers object (symbols are
 * not sent). It travels there because reply-from passes on headers and nothing else of ours.
 */
export interface DispatchContext {
  readonly permit: Permit
  /** The request-target as it is sent; URL parsers on the way would normalise it. */
  readonly target: string
  readonly body: Buffer | null
  /** Do not reuse a connection: for a request whose reused connection was closed. */
  readonly needsNewConnection?: boolean
  /** Called directly before the first byte is written; if it is not called, nothing was sent. */
  readonly sent?: () => void
  /** Called once when the request has ended, before its response (or error) is passed on. */
  readonly ended?: () => void
}

export const DISPATCH_CONTEXT = Symbol('dispatch context')

export interface UpstreamDispatcherOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** From the first byte written to the response headers, and between two pieces of the body. */
  readonly timeoutMs: number
  /** For the whole body, milliseconds, without the time that the client takes. */
  readonly answerTimeoutMs: number
  /** See `invalidHead`; by default false. */
  readonly allowsUnknownCoding?: boolean
  /** PEM of an additional certificate authority, as it is now. */
  readonly ca?: () => string
  /** URL of the web proxy to connect through, with its credentials. */
  readonly proxy?: string
  readonly events?: UpstreamEvents
  /** The most sockets to the upstream. */
  readonly maxConnections: number
}

export interface UpstreamDispatcher {
  readonly dispatcher: Dispatcher
  /**
   * Returns a permit that was never passed to the dispatcher. False: the dispatcher has it, and will
   * settle it.
   */
  giveBack(permit: Permit): boolean
  close(): Promise<void>
}

export function createUpstreamDispatcher(options: UpstreamDispatcherOptions): UpstreamDispatcher {
  const { ledger, clock, timeoutMs, answerTimeoutMs, events = {} } = options
  const { allowsUnknownCoding = false } = options
  const agentOptions = {
    connect: createConnector(options),
    connections: options.maxConnections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: timeoutMs,
  }
  const agent = new Agent(agentOptions)
  /** Each of its connections serves one request. */
  const unpooled = new Agent(agentOptions)

  const taken = new WeakSet<Permit>()
  const dispatcher = agent.compose((dispatch) => (request, handler) => {
    const headers = request.headers as { [DISPATCH_CONTEXT]?: DispatchContext } | null | undefined
    const context = headers?.[DISPATCH_CONTEXT]
    if (context === undefined) throw new TypeError('a request to the upstream without a permit')
    const { permit, target: path, body, needsNewConnection, sent, ended } = context
    // The first dispatch that uses the permit settles it.
    if (taken.has(permit)) throw new PermitVoidError('the permit was used before')
    taken.add(permit)
    const settling = new UpstreamResponseHandler(handler, {
      permit,
      ledger,
      clock,
      timeoutMs,
      answerTimeoutMs,
      allowsUnknownCoding,
      events,
      sent,
      ended,
    })
    return needsNewConnection === true
      ? unpooled.dispatch({ ...request, path, body, reset: true }, settling)
      : dispatch({ ...request, path, body }, settling)
  })

  return {
    dispatcher,
    giveBack(permit) {
      if (taken.has(permit)) return false
      taken.add(permit)
      ledger.settle(permit, 'unsent')
      return true
    },
    async close() {
      await Promise.all([agent.destroy(), unpooled.destroy()])
    },
  }
}
