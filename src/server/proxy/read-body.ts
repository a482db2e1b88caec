import type { Readable } from 'node:stream'
import { ProblemError } from '../problems.js'

/**
 * The whole body, before a place in the queue is asked for: a consumer that sends slowly must not
 * hold a permit meanwhile, and what was refused can be sent again.
 *
 * @throws ProblemError BODY_TOO_LARGE past `limitBytes`; the rest is not read.
 */
export async function readBody(
  stream: Readable,
  { contentLength, limitBytes }: { contentLength: string | undefined; limitBytes: number },
): Promise<Buffer> {
  if (contentLength !== undefined && Number(contentLength) > limitBytes) {
    throw new ProblemError('BODY_TOO_LARGE')
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limitBytes) throw new ProblemError('BODY_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
