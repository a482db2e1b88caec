/** The only place where an answer becomes a status line, headers and a body on a connection. */

import { Readable } from 'node:stream'
import type { ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { FastifyReply } from 'fastify'
import type { Answer, Content } from './answer.js'
import { discard, drain } from './buffer-body.js'
import { headerRecord } from './headers.js'
import type { LimitHeadersOf } from './limit-headers.js'
import { cacheStatusOf, serverTimingOf } from './own-headers.js'
import type { CacheProfile } from './profiles/profile.js'
import type { ProxyRequest } from './request.js'
import { upstreamProblem } from '../errors/upstream-problem.js'

export interface AnswerWriterDeps<E> {
  readonly profile: Pick<CacheProfile<E>, 'render' | 'ownHeaders'>
  readonly limitHeaders: LimitHeadersOf
}

/** Longer bodies are sent in pieces of this length, so that a slow reader can be told from a stalled one. */
export const MAX_PIECE_BYTES = 65_536

export type AnswerWriter<E> = (
  request: ProxyRequest,
  answer: Answer<E>,
  reply: FastifyReply,
) => void

export function createAnswerWriter<E>({
  profile,
  limitHeaders,
}: AnswerWriterDeps<E>): AnswerWriter<E> {
  return (request, answer, reply) => {
    const { status, headers, body } = formOf(request, answer.content)
    const fields = headerRecord(headers)
    Object.assign(
      fields,
      profile.ownHeaders(fields, answer) ?? { 'cache-status': cacheStatusOf(answer) },
    )
    try {
      Object.assign(fields, limitHeaders(request.client.account))
    } catch (error) {
      request.log.error({ err: error }, 'sent an answer without RateLimit headers')
    }
    const timing = serverTimingOf(answer)
    if (timing !== undefined) fields['server-timing'] = timing
    reply.code(status).headers(fields)
    send(request, reply, body)
  }

  function formOf(request: ProxyRequest, content: Content<E>) {
    if (content.kind === 'entry') return profile.render(content, request)
    if (content.kind === 'bytes') return content
    return { ...content, body: content.claim() }
  }
}

function send(
  request: ProxyRequest,
  reply: FastifyReply,
  body: Buffer | Readable | undefined,
): void {
  const { statusCode } = reply
  if (body instanceof Readable) {
    if (request.method === 'HEAD' || statusCode === 204 || statusCode === 304) {
      drain(body)
      reply.send()
    } else if (reply.raw.destroyed) {
      discard(body)
      reply.hijack()
    } else sendStream(request, reply, body)
  } else if (body === undefined || statusCode === 204) reply.send()
  else if (request.method === 'HEAD') reply.header('content-length', body.length).send()
  else if (body.length <= MAX_PIECE_BYTES && reply.hasHeader('content-type')) reply.send(body)
  else if (body.length === 0) reply.send()
  // Fastify adds a type to a buffer, but not to a stream.
  else reply.header('content-length', body.length).send(Readable.from(pieces(body)))
}

function* pieces(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += MAX_PIECE_BYTES) {
    yield body.subarray(at, at + MAX_PIECE_BYTES)
  }
}

function sendStream(request: ProxyRequest, reply: FastifyReply, body: Readable): void {
  body.once('error', (error) => {
    // Nothing sent yet: Fastify passes the error to the error handler.
    if (!reply.raw.headersSent || reply.raw.closed) return
    request.log.warn({ err: upstreamProblem(error) }, 'an answer broke off while it was passed on')
    cutOff(reply.raw)
  })
  reply.send(body)
}

/**
 * A plain close would be the proper end of an answer to HTTP/1.0, which has no other; and
 * `resetAndDestroy()` sends one first. This is what it sets, and `destroy()` reads. TLS has no reset, but an
 * end of its own that is missing then; a socket to a worker has none either, but the worker knows how long
 * the answer had to be.
 */
export function cutOff({ socket }: Pick<ServerResponse, 'socket'>): void {
  const isTcp = socket?.localAddress !== undefined && !(socket instanceof TLSSocket)
  if (isTcp) Object.assign(socket, { resetAndClosing: true })
  socket?.destroy()
}
