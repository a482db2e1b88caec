/** A stored answer to a consumer: Age, ETag, 304, HEAD, gzip. */

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { acceptsGzip, ageSeconds, gzipEtag, matchesIfNoneMatch } from '../../cache/index.js'
import type { StoredResponse } from '../../cache/index.js'

/** Not sent with a 304: they describe a body that does not come (RFC 9110 §15.4.5). */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'last-modified',
])

export function sendStored(
  request: FastifyRequest,
  reply: FastifyReply,
  { entry, nowMs, isFromCache }: { entry: StoredResponse; nowMs: number; isFromCache: boolean },
): void {
  const { status, headers, etag, gzipped } = entry
  // The first consumer gets the bytes as they came.
  const mayPack = isFromCache && acceptsGzip(headerText(request.headers['accept-encoding']))
  const packed = mayPack ? gzipped : undefined
  const tag = packed === undefined ? etag : gzipEtag(etag)
  const known = status === 200 ? knownTag(request, [tag, etag]) : undefined
  for (const [name, value] of headers) {
    if (known !== undefined && OF_THE_BODY.has(name)) continue
    if (name !== 'content-length') append(reply, name, value)
  }
  if (gzipped !== undefined) append(reply, 'vary', 'accept-encoding')
  if (status === 200) reply.header('etag', known ?? tag)
  if (isFromCache) reply.header('age', ageSeconds(entry, nowMs))
  if (known !== undefined) {
    reply.code(304).send()
    return
  }
  if (packed !== undefined) reply.header('content-encoding', 'gzip')
  sendBody(request, reply.code(status), packed ?? entry.body)
}

/** Longer bodies go out in pieces of this length, so that a slow reader can be told from one that stopped. */
const MAX_PIECE_BYTES = 65_536

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

/** Either form of the same answer is as good as the other to who has it. */
function knownTag(request: FastifyRequest, tags: readonly string[]): string | undefined {
  const ifNoneMatch = request.headers['if-none-match']
  if (ifNoneMatch === undefined) return undefined
  return tags.find((tag) => matchesIfNoneMatch(ifNoneMatch, tag))
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value

/** Every value of a repeated header is kept. */
function append(reply: FastifyReply, name: string, value: string): void {
  const present = reply.getHeader(name)
  if (present === undefined) reply.header(name, value)
  else reply.header(name, [...(Array.isArray(present) ? present : [String(present)]), value])
}
