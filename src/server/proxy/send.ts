/** A stored answer to a consumer: Age, ETag, 304, HEAD, gzip. */

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { acceptsGzip, ageSeconds } from '../../cache/index.js'
import type { StoredResponse } from '../../cache/index.js'
import { storedAnswer } from './stored-answer.js'

export function sendStored(
  request: FastifyRequest,
  reply: FastifyReply,
  { entry, nowMs, isFromCache }: { entry: StoredResponse; nowMs: number; isFromCache: boolean },
): void {
  const { 'accept-encoding': encodings, 'if-none-match': ifNoneMatch } = request.headers
  const { status, headers, body } = storedAnswer(entry, {
    // The first consumer gets the bytes as they came.
    acceptsGzip: isFromCache && acceptsGzip(encodings?.toString()),
    ifNoneMatch,
  })
  for (const [name, value] of headers) append(reply, name, value)
  if (isFromCache) reply.header('age', ageSeconds(entry, nowMs))
  reply.code(status)
  if (body === undefined) reply.send()
  else sendBody(request, reply, body)
}

/** Longer bodies go out in pieces of this length, so that a slow reader can be told from one that stopped. */
export const MAX_PIECE_BYTES = 65_536

function sendBody(request: FastifyRequest, reply: FastifyReply, body: Buffer): void {
  if (request.method === 'HEAD') reply.header('content-length', body.length).send()
  else if (body.length <= MAX_PIECE_BYTES && reply.hasHeader('content-type')) reply.send(body)
  // Fastify gives a buffer a type, but not a stream.
  else reply.header('content-length', body.length).send(Readable.from(pieces(body)))
}

function* pieces(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += MAX_PIECE_BYTES) {
    yield body.subarray(at, at + MAX_PIECE_BYTES)
  }
}

/** Every value of a repeated header is kept. */
function append(reply: FastifyReply, name: string, value: string): void {
  const present = reply.getHeader(name)
  if (present === undefined) reply.header(name, value)
  else reply.header(name, [...(Array.isArray(present) ? present : [String(present)]), value])
}
