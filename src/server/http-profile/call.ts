/** One request to the upstream and its answer, by way of queue, ledger and wire. */

import type { Readable } from 'node:stream'
import type { IncomingHttpHeaders } from 'node:http'
import type { Arrival, HeaderList } from '../../cache/index.js'
import { DISPATCH_CONTEXT } from '../../upstream/index.js'
import { admit, mayRepeat, wasNotExecuted } from '../proxy/admit.js'
import type { ProxyExchange } from '../proxy/exchange.js'
import type { HeaderRecord } from '../proxy/headers.js'
import { wireTarget } from '../proxy/wire-target.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { upstreamProblem } from '../upstream-problem.js'
import { receivedHeaders } from './headers.js'

export interface Call {
  readonly method: string
  readonly headers: HeaderRecord
  readonly body: Buffer | null
  /** No longer in the queue than that, by the monotonic clock. */
  readonly deadlineMs: number
  /** Ends the wait in the queue. */
  readonly signal?: AbortSignal
  /** Ends the call wherever it is. */
  readonly cut?: AbortSignal
  /** Called each time when leave has been given and the request is about to be sent. */
  readonly onSend?: () => void
  readonly onInterim?: (status: number, headers: IncomingHttpHeaders) => void
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: HeaderList
  readonly body: Readable
  readonly arrival: Arrival
  /** By the monotonic clock. */
  readonly receivedAtMs: number
}

/** The upstream may have got it, and done what it says, though no answer came. */
export class MaybeExecutedError extends Error {
  readonly problem: ProblemError

  constructor(problem: ProblemError) {
    super(problem.message, { cause: problem })
    this.problem = problem
  }
}

/**
 * Every attempt has a permit of its own; there is a second one only if the first was certainly not
 * carried out.
 *
 * @throws MaybeExecutedError; ProblemError when it certainly was not sent; AbandonedError
 */
export async function callUpstream(
  services: Services,
  exchange: ProxyExchange,
  call: Call,
): Promise<UpstreamAnswer> {
  const { clock } = services.deps
  const { signal, deadlineMs } = call
  for (;;) {
    const permit = await admit(services, exchange, {
      deadlineMs,
      ...(signal !== undefined && { signal }),
    })
    const startedMs = clock.monotonicMs()
    try {
      call.onSend?.()
      return await send(services, exchange, { call, permit, startedMs })
    } catch (error) {
      const wasOurs = services.upstream.giveBack(permit)
      const nowMs = clock.monotonicMs()
      exchange.upstreamMs = nowMs - startedMs
      if (mayRepeat(error, { isLate: nowMs > deadlineMs })) continue
      const problem = upstreamProblem(error)
      const isUnsent = wasOurs || wasNotExecuted(error) || wasNeverConnected(error)
      throw isUnsent ? problem : new MaybeExecutedError(problem)
    }
  }
}

async function send(
  { config, deps, upstream }: Services,
  exchange: ProxyExchange,
  {
    call,
    permit,
    startedMs,
  }: { call: Call; permit: Parameters<Services['upstream']['giveBack']>[0]; startedMs: number },
): Promise<UpstreamAnswer> {
  const { method, headers, body, cut, onInterim } = call
  const { origin, path } = wireTarget(config.upstream.url, exchange.rawTarget)
  const sent = {
    ...headers,
    ...(body !== null && { 'content-length': String(body.length) }),
    [DISPATCH_CONTEXT]: { permit, target: path, body },
  }
  const response = await upstream.dispatcher.request({
    origin,
    path,
    method,
    headers: sent as Record<string, string>,
    ...(body !== null && { body }),
    ...(cut !== undefined && { signal: cut }),
    ...(onInterim !== undefined && {
      onInfo: (info) => onInterim(info.statusCode, info.headers as IncomingHttpHeaders),
    }),
  })
  const receivedAtMs = deps.clock.monotonicMs()
  exchange.upstreamMs = receivedAtMs - startedMs
  exchange.upstreamStatus = response.statusCode
  // RFC 9110 §15: there is no such status, so nobody knows what it would say about the body.
  if (response.statusCode > 599) {
    response.body.on('error', () => {}).destroy()
    throw new ProblemError('UPSTREAM_GARBLED')
  }
  return {
    status: response.statusCode,
    headers: receivedHeaders(response.headers),
    body: response.body,
    arrival: { receivedAtWallMs: deps.clock.wallMs(), delayMs: receivedAtMs - startedMs },
    receivedAtMs,
  }
}

const BEFORE_ANY_BYTE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])

function wasNeverConnected(error: unknown): boolean {
  let current: unknown = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const { code } = current as { code?: unknown }
    if (typeof code === 'string' && BEFORE_ANY_BYTE.has(code)) return true
    const [first] = current instanceof AggregateError ? (current.errors as unknown[]) : []
    current = current.cause ?? first
  }
  return false
}
