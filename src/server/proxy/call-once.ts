/**
 * The one call under an idempotency key. The key is noted before it leaves, the answer before anybody
 * gets it; and once it was sent it goes on without its consumer, for whom its answer is kept.
 */

import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { invalidationScope } from '../../cache/index.js'
import type { OpenWrite } from '../../cache/index.js'
import { DISPATCH_CONTEXT } from '../../upstream/index.js'
import type { Permit } from '../../limits/index.js'
import { collect } from './collect.js'
import type { Turn } from '../../idempotency/key-book.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { upstreamProblem } from '../upstream-problem.js'
import { admit, mayRepeat, wasNotExecuted } from './admit.js'
import type { ProxyExchange } from './exchange.js'
import { requestHeaders, responseHeaders } from './headers.js'
import type { HeaderRecord } from './headers.js'
import { noteCredential } from './note-credential.js'
import { wireTarget } from './wire-target.js'

export interface OnceCall {
  readonly exchange: ProxyExchange
  readonly turn: Turn
  readonly body: Buffer | null
  /** Aborted when the consumer goes away; nothing is sent after that. */
  readonly signal: AbortSignal
  /** No longer in the queue than that, by the monotonic clock. */
  readonly deadlineMs: number
}

export interface OnceAnswer {
  readonly status: number
  readonly headers: HeaderRecord
  /** A stream: longer than is kept. */
  readonly body: Buffer | Readable
}

interface Attempt {
  readonly permit: Permit
  write: OpenWrite | undefined
  wasSent: boolean
}

/** Where the disk refuses, it may be full for a while. */
const DISK_RETRY_AFTER_MS = 5_000

/** @throws ProblemError, AbandonedError */
export async function callOnce(
  services: Services,
  request: FastifyRequest,
  call: OnceCall,
): Promise<OnceAnswer> {
  const { exchange, turn, signal, deadlineMs } = call
  const { clock } = services.deps
  try {
    for (;;) {
      const permit = await admit(services, exchange, { signal, deadlineMs })
      const attempt: Attempt = { permit, write: undefined, wasSent: false }
      const startedMs = clock.monotonicMs()
      try {
        return await send(services, request, { ...call, attempt })
      } catch (error) {
        if (attempt.wasSent) exchange.upstreamMs = clock.monotonicMs() - startedMs
        // What never came to the wire is nobody else's to give back.
        if (services.upstream.giveBack(permit)) await attempt.write?.end()
        // Otherwise the key stays as it is noted: sent, and nobody knows how it ended.
        if (!attempt.wasSent || wasNotExecuted(error)) await written(services, turn.free())
        const isLate = clock.monotonicMs() > deadlineMs
        if (!mayRepeat(error, { isLate })) throw signal.aborted ? error : upstreamProblem(error)
      }
    }
  } finally {
    turn.end()
  }
}

async function send(
  services: Services,
  request: FastifyRequest,
  call: OnceCall & { readonly attempt: Attempt },
): Promise<OnceAnswer> {
  const { exchange, turn, body, attempt } = call
  const { config, upstream, keyBook, deps } = services
  const startedMs = deps.clock.monotonicMs()
  await begin(services, request, call)
  const { origin, path: target } = wireTarget(config.upstream.url, exchange.rawTarget)
  const sent = (): void => {
    attempt.wasSent = true
  }
  const response = await upstream.dispatcher.request({
    origin,
    path: target,
    method: request.method,
    headers: {
      ...requestHeaders(request.headers, exchange.authorization),
      // A repeat may come from another client, which may not be able to unpack what this one can.
      'accept-encoding': 'identity',
      ...(body === null ? {} : { 'content-length': String(body.length) }),
      [DISPATCH_CONTEXT]: {
        permit: attempt.permit,
        target,
        body,
        sent,
        ended: () => void attempt.write?.end(),
      },
    } as Record<string, string>,
    body,
  })
  // It has ended already; but nobody may hear of it before all who answer for us know.
  await attempt.write?.end()
  const { statusCode: status } = response
  exchange.upstreamMs = deps.clock.monotonicMs() - startedMs
  exchange.upstreamStatus = status
  await noteCredential(services, exchange, { status, authorization: exchange.authorization })
  const headers = responseHeaders(response.headers)
  const collected = await collect(response.body, keyBook.maxAnswerBytes)
  if (collected.kind === 'long') {
    await written(services, turn.answered(status, undefined))
    return { status, headers, body: collected.body }
  }
  const answer = { status, headers, body: collected.bytes }
  // A token that is refused has done nothing; with a better one the request may go out.
  if (status === 401) await written(services, turn.free())
  else await written(services, turn.answered(status, { ...answer, headers: keptHeaders(headers) }))
  return answer
}

/** Everything that has to be on the disk before the request leaves. */
async function begin(
  { writes, log }: Services,
  { method }: FastifyRequest,
  { exchange, turn, signal, attempt }: OnceCall & { readonly attempt: Attempt },
): Promise<void> {
  try {
    if (!(await turn.note())) throw new ProblemError('IDEMPOTENCY_FULL', { retryAfterMs: 60_000 })
    const scope = invalidationScope(method, exchange.target)
    if (scope !== undefined) attempt.write = await writes.begin(exchange.account, scope)
    signal.throwIfAborted()
  } catch (error) {
    if (error instanceof ProblemError || signal.aborted) throw error
    log.error({ err: error }, 'an idempotency key could not be written to the disk')
    const options = { retryAfterMs: DISK_RETRY_AFTER_MS, cause: error }
    throw new ProblemError('LEDGER_UNAVAILABLE', options)
  }
}

/** What cannot be written now leaves the key as it is on the disk: known, and not carried out again. */
async function written(services: Services, write: Promise<void>): Promise<void> {
  try {
    await write
  } catch (error) {
    services.log.error(
      { err: error },
      'the end of a request under an idempotency key is not written',
    )
  }
}

/** Credentials do not go to the disk. */
function keptHeaders(headers: HeaderRecord): HeaderRecord {
  const { 'set-cookie': _, ...kept } = headers
  return kept
}
