import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BodyMemory } from '../edge/body-memory.js'
import type { Overload } from '../edge/overload.js'
import { ProblemError } from '../errors/problems.js'
import { hasBody } from './arrival.js'
import { AbandonedError } from './abandoned.js'
import { BodyParts } from './body-parts.js'

export interface ReadBodyDeps {
  readonly limitBytes: number
  readonly overload: Overload
  readonly bodies: BodyMemory
}

/**
 * Reads the whole body, before the request waits in the queue: a client that sends slowly must not hold a
 * permit meanwhile, and a refused request can be sent again. Null if there is none. The bytes count
 * against server.bodyMemory until the response has ended.
 *
 * @throws ProblemError BODY_TOO_LARGE past server.bodyLimit, OVERLOADED past server.bodyMemory for all
 *   bodies together; the rest is not read.
 */
export async function readBody(
  { limitBytes, overload, bodies }: ReadBodyDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Buffer | null> {
  const { headers } = request.raw
  if (!hasBody(headers)) return null
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw new ProblemError('BODY_TOO_LARGE')
  overload.refuseIfShedding()
  const held = bodies.hold()
  reply.raw.once('close', () => held.release())
  const parts = new BodyParts()
  for await (const chunk of unlessCut(request.raw as AsyncIterable<Buffer>)) {
    parts.add(chunk)
    if (parts.bytes > limitBytes) throw new ProblemError('BODY_TOO_LARGE')
    // By what has arrived, because announcing a length costs a client nothing.
    if (!held.take(chunk.length)) throw overload.refusal()
  }
  return Buffer.concat(parts.take())
}

/** A body that ends in an error is one whose client has disconnected. */
async function* unlessCut(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (error) {
    throw new AbandonedError('the client disconnected', { cause: error })
  }
}
