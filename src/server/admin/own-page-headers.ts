/**
 * Headers of what is ours under /-/, errors there included: nothing of it may be stored, framed, read
 * as something else, or do anything in a browser. Proxied answers keep what the upstream sent.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** For onSend. A page that needs more, such as one with a script, sets its own before. */
export async function ownPageHeaders(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!reply.hasHeader(name)) reply.header(name, value)
  }
}
