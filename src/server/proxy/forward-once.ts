/**
 * A write with an Idempotency-Key: the first goes out, a repeat gets the first answer. See
 * ../idempotency/key-book.ts for who is first, and call-once.ts for how it goes out.
 */

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isWrite } from '../../cache/index.js'
import { fingerprintOf, recordIdOf } from '../../idempotency/fingerprint.js'
import type { KeyOwner } from '../../idempotency/fingerprint.js'
import { parseIdempotencyKey } from '../../idempotency/idempotency-key.js'
import type { Claimed } from '../../idempotency/key-book.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { callOnce } from './call-once.js'
import type { OnceAnswer } from './call-once.js'
import { discard } from './collect.js'
import type { ProxyExchange } from './exchange.js'
import { readBody } from './read-body.js'
import { sendStream } from './send-stream.js'

/** Most answers take less. */
const IN_FLIGHT_RETRY_AFTER_MS = 2_000

/**
 * The key of a write; reads need none, so theirs are ignored.
 *
 * @throws ProblemError IDEMPOTENCY_KEY_MALFORMED: sent without it, a repeat would be carried out twice
 */
export function idempotencyKeyOf({ headers, method }: FastifyRequest): string | undefined {
  const value = headers['idempotency-key']
  if (value === undefined || !isWrite(method)) return undefined
  const key = parseIdempotencyKey(String(value))
  if (key === undefined) throw new ProblemError('IDEMPOTENCY_KEY_MALFORMED')
  return key
}

export async function forwardOnce(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, signal, key }: { exchange: ProxyExchange; signal: AbortSignal; key: string },
): Promise<void> {
  const { config, deps, keyBook, metrics } = services
  const deadlineMs = deps.clock.monotonicMs() + exchange.maxWaitMs
  const body = await readBody(services, request, reply)
  request.body = undefined
  const { method, headers } = request
  const id = recordIdOf(deps.secret, {
    upstreamUrl: config.upstream.url,
    owner: ownerOf(services, exchange),
    key,
  })
  const fingerprint = fingerprintOf({ method, rawTarget: exchange.rawTarget, headers, body })
  const claimed = await keyBook.claim({ id, fingerprint, deadlineMs, signal })
  metrics.idempotentRequests.inc({ claim: claimed.kind })
  if (claimed.kind === 'first') {
    const call = callOnce(services, request, {
      exchange,
      turn: claimed.turn,
      body,
      signal,
      deadlineMs,
    })
    send(request, reply, await unlessGone(call, signal))
    return
  }
  if (claimed.kind !== 'answered') throw problemOf(claimed)
  exchange.outcome = 'replayed'
  reply.header('idempotent-replayed', 'true')
  send(request, reply, claimed.answer)
}

/** A name that anybody may give himself owns nothing; one that belongs to a key does. */
function ownerOf({ config }: Services, { consumer, principal }: ProxyExchange): KeyOwner {
  return config.consumers[consumer]?.key === undefined
    ? { kind: 'principal', id: principal.id }
    : { kind: 'consumer', name: consumer }
}

function problemOf(claimed: Exclude<Claimed, { kind: 'first' | 'answered' }>): ProblemError {
  switch (claimed.kind) {
    case 'reused':
      return new ProblemError('IDEMPOTENCY_KEY_REUSED')
    case 'in-flight':
      return new ProblemError('IDEMPOTENCY_IN_FLIGHT', { retryAfterMs: IN_FLIGHT_RETRY_AFTER_MS })
    case 'unknown':
      return new ProblemError('IDEMPOTENCY_UNKNOWN')
    case 'not-kept': {
      const message = `the first request with this Idempotency-Key was answered with ${claimed.status}, but the answer is not kept; look at the resource, and do not send it again if it is there`
      return new ProblemError('IDEMPOTENCY_NOT_KEPT', { message })
    }
    case 'full':
      return new ProblemError('IDEMPOTENCY_FULL', { retryAfterMs: claimed.retryAfterMs })
    case 'lost':
      return new ProblemError('IDEMPOTENCY_LOST', { retryAfterMs: claimed.retryAfterMs })
    default:
      return claimed satisfies never
  }
}

/** The call goes on when its consumer goes away; of its answer only what is kept is still of use. */
function unlessGone(call: Promise<OnceAnswer>, signal: AbortSignal): Promise<OnceAnswer> {
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      call.then(
        ({ body }) => {
          if (body instanceof Readable) discard(body)
        },
        () => {},
      )
      reject(signal.reason as Error)
    }
    if (signal.aborted) gone()
    else signal.addEventListener('abort', gone, { once: true })
    call.finally(() => signal.removeEventListener('abort', gone)).then(resolve, reject)
  })
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers, body }: OnceAnswer,
): void {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  reply.code(status)
  if (body instanceof Readable) sendStream(request, reply, body)
  else if (reply.hasHeader('content-type')) reply.send(body)
  else if (body.length === 0) reply.send()
  // Fastify gives a buffer a type, but not a stream.
  else reply.header('content-length', body.length).send(Readable.from([body]))
}
