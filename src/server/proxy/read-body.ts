import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { BodyParts } from './body-parts.js'
import { hasBody } from './exchange.js'

/**
 * The whole body, before a place in the queue is asked for: a consumer that sends slowly must not
 * hold a permit meanwhile, and what was refused can be sent again. Null if there is none. It counts
 * among those that are in memory until the answer has gone.
 *
 * @throws ProblemError BODY_TOO_LARGE past server.bodyLimit, OVERLOADED past server.bodyMemory for all
 *   together; the rest is not read.
 */
export async function readBody(
  { config, overload, bodies }: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Buffer | null> {
  const { headers } = request
  if (!hasBody(headers)) return null
  const limitBytes = config.server.bodyLimit
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw new ProblemError('BODY_TOO_LARGE')
  overload.refuseIfShedding()
  const held = bodies.hold()
  reply.raw.once('close', () => held.release())
  const parts = new BodyParts()
  for await (const chunk of (request.body ?? request.raw) as AsyncIterable<Buffer> & Readable) {
    parts.add(chunk)
    if (parts.bytes > limitBytes) throw new ProblemError('BODY_TOO_LARGE')
    // What has arrived, not what was announced: to announce costs nothing.
    if (!held.take(chunk.length)) throw overload.refusal()
  }
  return Buffer.concat(parts.take())
}
