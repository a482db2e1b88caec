/** An answer to a consumer: from the store, or as it came. */

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ageMs, isKnownToClient, partOf } from '../../cache/index.js'
import type { HeaderList, HttpEntry } from '../../cache/index.js'
import type { HeaderRecord } from '../proxy/headers.js'
import { sendStream } from '../proxy/send-stream.js'
import type { Services } from '../services.js'
import { discard, drain } from '../proxy/collect.js'

/** Not in a 304: they describe a body that does not come (RFC 9110 §15.4.5). */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-range',
  'content-type',
])

export interface EntryToSend {
  readonly entry: HttpEntry
  /** The consumer's headers as forwarded: its conditions and its range. */
  readonly headers: HeaderRecord
  /** As they came, if the entry was made of them just now. */
  readonly received?: HeaderList | undefined
}

export function sendEntry(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { entry, headers, received }: EntryToSend,
): void {
  const { clock } = services.deps
  for (const [name, value] of received ?? entry.headers) {
    if (name.toLowerCase() !== 'content-length') append(reply, name, value)
  }
  if (received === undefined) {
    reply.header('age', Math.floor(ageMs(entry, clock.monotonicMs()) / 1_000))
  }
  if (isKnownToClient(entry, headers, clock.wallMs())) {
    for (const name of OF_THE_BODY) reply.removeHeader(name)
    reply.code(304).send()
    return
  }
  const { length } = entry.body
  const part = request.method === 'GET' ? partOf(entry, headers) : { kind: 'whole' as const }
  switch (part.kind) {
    case 'whole':
      sendBytes(request, reply.code(entry.status), entry.body)
      return
    case 'part':
      reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${length}`)
      sendBytes(request, reply, entry.body.subarray(part.start, part.end + 1))
      return
    case 'unsatisfiable':
      reply.code(416).header('content-range', `bytes */${length}`)
      sendBytes(request, reply, Buffer.alloc(0))
      return
    default:
      part satisfies never
  }
}

/** The upstream's answer as it comes. Nothing of it is read if the consumer has gone. */
export function sendUpstream(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: { readonly status: number; readonly headers: HeaderList; readonly body: Readable },
): void {
  const { status, headers, body } = answer
  for (const [name, value] of headers) append(reply, name, value)
  reply.code(status)
  if (request.method === 'HEAD' || status === 204 || status === 304) {
    drain(body)
    reply.send()
  } else if (reply.raw.destroyed) {
    discard(body)
    reply.hijack()
  } else sendStream(request, reply, body)
}

function sendBytes(request: FastifyRequest, reply: FastifyReply, bytes: Buffer): void {
  if (reply.statusCode === 204) reply.send()
  else if (request.method === 'HEAD') reply.header('content-length', bytes.length).send()
  else if (reply.hasHeader('content-type')) reply.send(bytes)
  // Fastify gives a buffer a type, but not a stream.
  else reply.header('content-length', bytes.length).send(Readable.from([bytes]))
}

/** Every value of a repeated header is kept. */
function append(reply: FastifyReply, name: string, value: string): void {
  const present = reply.getHeader(name)
  // Fastify adds to this one by itself.
  if (present === undefined || name === 'set-cookie') reply.header(name, value)
  else reply.header(name, [...[present].flat().map(String), value])
}
