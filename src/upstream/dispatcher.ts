/**
 * The only path to the upstream: an undici dispatcher that refuses a request without a permit and uses
 * each permit once. It settles the permit when the response headers arrive or the socket is dead, and
 * detects refusals, so callers cannot forget either.
 */

import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { createConnector } from './connector.js'
import type { Ledger } from '../limits/ledger/ledger.js'
import type { Clock, Permit } from '../limits/ledger/types.js'
import { PermitVoidError, UpstreamResponseHandler } from './response-handler.js'
import type { UpstreamEvents } from './response-handler.js'

/**
 * What a request must carry, under the symbol `EXCHANGE` in its headers object (symbols are not
 * sent). It travels there because reply-from passes on headers and nothing else of ours.
 */
export interface DispatchContext {
  readonly permit: Permit
  /** Request-target as the consumer sent it; URL parsers on the way would normalise it. */
  readonly target: string
  /** Body as it was received, or null. */
  readonly body: Buffer | null
  /** Called directly before the first byte is written; without it, nothing was carried out. */
  readonly sent?: () => void
  /** Called once when the request has ended, before its answer (or error) is passed on. */
  readonly ended?: () => void
}

export const DISPATCH_CONTEXT = Symbol('exchange')

export interface UpstreamDispatcherOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** From the first byte written to the response headers, and between two pieces of the body. */
  readonly timeoutMs: number
  /** For the whole body, milliseconds, without the time that the consumer takes. */
  readonly answerTimeoutMs: number
  /** PEM of an additional certificate authority. */
  readonly ca?: string
  readonly events?: UpstreamEvents
  /** Sockets to the upstream, at most. */
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
  const agent = new Agent({
    connect: createConnector(options),
    connections: options.maxConnections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: options.timeoutMs,
  })

  const taken = new WeakSet<Permit>()
  const dispatcher = agent.compose((dispatch) => (request, handler) => {
    const context = contextOf(request.headers)
    if (context === undefined) {
      throw new TypeError('a request to the upstream without a permit')
    }
    const { permit, target, body, sent, ended } = context
    // The first dispatch that uses the permit settles it.
    if (taken.has(permit)) throw new PermitVoidError('the permit was used before')
    taken.add(permit)
    return dispatch(
      { ...request, path: target, body },
      new UpstreamResponseHandler(handler, {
        ...options,
        permit,
        ...(sent !== undefined && { sent }),
        ...(ended !== undefined && { ended }),
      }),
    )
  })

  return {
    dispatcher,
    giveBack(permit) {
      if (taken.has(permit)) return false
      taken.add(permit)
      options.ledger.settle(permit, 'unsent')
      return true
    },
    close: () => agent.destroy(),
  }
}

function contextOf(headers: Dispatcher.DispatchOptions['headers']): DispatchContext | undefined {
  if (headers === null || headers === undefined || typeof headers !== 'object') return undefined
  return (headers as { [DISPATCH_CONTEXT]?: DispatchContext })[DISPATCH_CONTEXT]
}
