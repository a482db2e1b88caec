/** A stored answer to a consumer: Age, ETag, 304, HEAD. */

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ageSeconds, matchesIfNoneMatch } from '../../cache/index.js'
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
  const ifNoneMatch = request.headers['if-none-match']
  const isUnchanged =
    ifNoneMatch !== undefined && entry.status === 200 && matchesIfNoneMatch(ifNoneMatch, entry.etag)
  for (const [name, value] of entry.headers) {
    if (isUnchanged && OF_THE_BODY.has(name)) continue
    if (name !== 'content-length') append(reply, name, value)
  }
  if (entry.status === 200) reply.header('etag', entry.etag)
  if (isFromCache) reply.header('age', ageSeconds(entry, nowMs))
  reply.code(isUnchanged ? 304 : entry.status)
  if (isUnchanged) reply.send()
  else if (request.method === 'HEAD') reply.header('content-length', entry.body.length).send()
  else if (reply.hasHeader('content-type')) reply.send(entry.body)
  // Fastify gives a buffer a type, but not a stream.
  else reply.header('content-length', entry.body.length).send(Readable.from([entry.body]))
}

/** Every value of a repeated header is kept. */
function append(reply: FastifyReply, name: string, value: string): void {
  const present = reply.getHeader(name)
  if (present === undefined) reply.header(name, value)
  else reply.header(name, [...(Array.isArray(present) ? present : [String(present)]), value])
}
