/**
 * A write with an Idempotency-Key is sent once: the first request under a key goes out, a repeat gets the
 * first answer. The key is noted before the request is sent, and the answer before anybody gets it. Once
 * sent, the call goes on without its client, because its answer is kept for the repeat.
 */

import { isWrite } from '../cache/index.js'
import type { HeaderList } from '../cache/index.js'
import type { Metrics } from '../observability/metrics.js'
import { ProblemError } from '../server/errors/problems.js'
import type { Answer } from '../server/pipeline/answer.js'
import { bufferBody, discard } from '../server/pipeline/buffer-body.js'
import { headerRecord } from '../server/pipeline/headers.js'
import type { Layer } from '../server/pipeline/layer.js'
import { brokeOff } from '../server/pipeline/upstream-call.js'
import type { ProxyRequest } from '../server/pipeline/request.js'
import type { Sending } from '../server/pipeline/upstream-types.js'
import { fingerprintOf, recordIdOf } from './fingerprint.js'
import type { KeyOwner } from './fingerprint.js'
import { parseIdempotencyKey } from './idempotency-key.js'
import type { Claimed, KeyBook, Turn } from './key-book.js'

export interface IdempotencyDeps {
  readonly keyBook: KeyBook
  readonly secret: () => Uint8Array
  readonly upstreamUrl: string
  /** Whether a client name belongs to a key of the configuration: only such a name owns its keys. */
  readonly hasKey: (clientName: string) => boolean
  readonly metrics: Pick<Metrics, 'idempotentRequests'>
}

/** Most answers arrive sooner. */
const IN_FLIGHT_RETRY_AFTER_MS = 2_000

export function idempotency<E>(deps: IdempotencyDeps): Layer<E> {
  const { keyBook, metrics } = deps

  return async (request, next) => {
    const key = idempotencyKeyOf(request)
    if (key === undefined) return next(request)
    const { method, headers, rawTarget, deadlineMs, signal } = request
    const body = await request.readBody()
    const id = recordIdOf(deps.secret(), {
      upstreamUrl: deps.upstreamUrl,
      owner: ownerOf(request),
      key,
    })
    const fingerprint = fingerprintOf({ method, rawTarget, headers, body })
    const claimed = await keyBook.claim({ id, fingerprint, deadlineMs, signal })
    metrics.idempotentRequests.inc({ claim: claimed.kind })
    if (claimed.kind === 'first') return unlessGone(first(request, next, claimed.turn), signal)
    if (claimed.kind !== 'answered') throw problemOf(claimed)
    const { status, headers: kept, body: bytes } = claimed.answer
    return {
      content: {
        kind: 'bytes',
        status,
        headers: [...pairsOf(kept), ['idempotent-replayed', 'true']],
        body: bytes,
      },
      outcome: 'replayed',
      cacheStatus: {},
    }
  }

  async function first(
    request: ProxyRequest,
    next: Parameters<Layer<E>>[1],
    turn: Turn,
  ): Promise<Answer<E>> {
    const written = (write: Promise<void>): Promise<void> =>
      // A record that cannot be changed now stays as it is on the disk: known, and not sent again.
      write.catch((error: unknown) =>
        request.log.error(
          { err: error },
          'could not record how a request with an idempotency key ended',
        ),
      )
    const sending: Sending = {
      ...request.sending,
      // A repeat may come from another client, which may not understand the encodings of this one.
      headers: { 'accept-encoding': 'identity' },
      outlivesClient: true,
      async beforeSend() {
        if (!(await turn.note()))
          throw new ProblemError('IDEMPOTENCY_FULL', { retryAfterMs: 60_000 })
      },
      async ended({ executed }) {
        // Otherwise the key stays noted: sent, and how it ended is not known.
        if (executed === 'no') await written(turn.free())
      },
    }
    try {
      const answer = await next({ ...request, sending })
      const { content } = answer
      const stream = content.kind === 'stream' ? content.claim() : undefined
      if (content.kind !== 'stream' || stream === undefined) return answer
      const { status, headers } = content
      const buffered = await bufferBody(stream, keyBook.maxAnswerBytes).catch((error: unknown) => {
        throw answer.cost === undefined ? error : brokeOff(error, { cost: answer.cost }, 'method')
      })
      if (buffered.kind === 'long') {
        await written(turn.answered(status, undefined))
        const { body } = buffered
        return { ...answer, content: { ...content, claim: () => body } }
      }
      const { bytes } = buffered
      // A refused token has done nothing; with a better one the request may be sent again.
      if (status === 401) await written(turn.free())
      else
        await written(turn.answered(status, { status, headers: keptHeaders(headers), body: bytes }))
      return { ...answer, content: { kind: 'bytes', status, headers, body: bytes } }
    } finally {
      turn.end()
    }
  }

  /** A name that any client may give itself owns nothing. */
  function ownerOf({ client: { consumer, principal } }: ProxyRequest): KeyOwner {
    return deps.hasKey(consumer)
      ? { kind: 'consumer', name: consumer }
      : { kind: 'principal', id: principal.id }
  }
}

/**
 * The key of a write. Reads need none, so theirs are ignored.
 *
 * @throws ProblemError IDEMPOTENCY_KEY_MALFORMED: sent without it, a repeat would be carried out twice
 */
function idempotencyKeyOf({ headers, method }: ProxyRequest): string | undefined {
  const value = headers['idempotency-key']
  if (value === undefined || !isWrite(method)) return undefined
  const key = parseIdempotencyKey(String(value))
  if (key === undefined) throw new ProblemError('IDEMPOTENCY_KEY_MALFORMED')
  return key
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

/** The call goes on when its client disconnects; of its answer only the kept copy is still of use. */
function unlessGone<E>(call: Promise<Answer<E>>, signal: AbortSignal): Promise<Answer<E>> {
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      call.then(
        ({ content }) => {
          const body = content.kind === 'stream' ? content.claim() : undefined
          if (body !== undefined) discard(body)
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

type KeptHeaders = Extract<Claimed, { kind: 'answered' }>['answer']['headers']

/** Credentials are not written to the disk. */
const keptHeaders = (headers: HeaderList): KeptHeaders =>
  headerRecord(headers.filter(([name]) => name !== 'set-cookie'))

const pairsOf = (headers: KeptHeaders): HeaderList =>
  Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one] as const),
  )
