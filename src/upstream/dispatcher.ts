/**
 * The only way to the upstream: an undici dispatcher that sends nothing without a permit, and each
 * permit once. It settles the permit when the answer's headers arrive (or the socket is dead), and
 * reads refusals off the answers, so that nobody above can forget either.
 */

import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { createConnector } from './connector.js'
import type { Ledger } from '../limits/ledger/ledger.js'
import type { Clock, Permit } from '../limits/ledger/types.js'
import { PermitVoidError, WireHandler } from './response-handler.js'
import type { WireEvents } from './response-handler.js'

/**
 * What a request must carry, under the symbol `EXCHANGE` in its headers object (symbols are not
 * sent). It travels there because reply-from passes on headers and nothing else of ours.
 */
export interface Exchange {
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

export const EXCHANGE = Symbol('exchange')

export interface WireOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** From the first byte written to the response headers, and between two pieces of the body. */
  readonly timeoutMs: number
  /** For the whole body, milliseconds, without the time that the consumer takes. */
  readonly answerTimeoutMs: number
  /** PEM of an additional certificate authority. */
  readonly ca?: string
  readonly events?: WireEvents
  /** Sockets to the upstream, at most. */
  readonly maxConnections: number
}

export interface Wire {
  readonly dispatcher: Dispatcher
  /**
   * For whoever failed between getting a permit and handing it to the dispatcher: gives it back, and
   * says so. Once the dispatcher has it, it is the wire's to settle, and this does nothing.
   */
  giveBack(permit: Permit): boolean
  close(): Promise<void>
}

export function createWire(options: WireOptions): Wire {
  const agent = new Agent({
    connect: createConnector(options),
    connections: options.maxConnections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: options.timeoutMs,
  })

  const taken = new WeakSet<Permit>()
  const dispatcher = agent.compose((dispatch) => (request, handler) => {
    const exchange = exchangeOf(request.headers)
    if (exchange === undefined) {
      throw new TypeError('a request to the upstream without a permit')
    }
    const { permit, target, body, sent, ended } = exchange
    // Whoever had it first settles it.
    if (taken.has(permit)) throw new PermitVoidError('the permit was used before')
    taken.add(permit)
    return dispatch(
      { ...request, path: target, body },
      new WireHandler(handler, {
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

function exchangeOf(headers: Dispatcher.DispatchOptions['headers']): Exchange | undefined {
  if (headers === null || headers === undefined || typeof headers !== 'object') return undefined
  return (headers as { [EXCHANGE]?: Exchange })[EXCHANGE]
}
