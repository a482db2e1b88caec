/**
 * CORS for browsers (the Fetch standard, §3.2): pages of the origins in `server.cors.origins` may call the
 * proxy. Preflights are answered here and cost no call. Pages under `/-/` never get these headers.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { START_PAGE } from './arrival-target.js'

/** Chrome's upper limit. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const EXPOSED = 'Retry-After, RateLimit, RateLimit-Policy, Cache-Status, Age, ETag, X-Request-Id'

/** A list of header names; anything else is not repeated in an answer. */
const HEADER_NAMES = /^[\w-]+(?:\s*,\s*[\w-]+)*$/u
const MAX_NAMES_LENGTH = 1_000

/** Without origins nothing is installed: what the upstream says about CORS goes through. */
export function installCors(app: FastifyInstance, origins: readonly string[] | undefined): void {
  if (origins === undefined) return

  app.addHook('onRequest', async ({ raw }, reply) => {
    const { origin, 'access-control-request-method': method } = raw.headers
    if (raw.method !== 'OPTIONS' || method === undefined || isOwnPage(raw.url)) return undefined
    if (origin !== undefined && origins.includes(origin)) {
      reply
        .header('access-control-allow-methods', METHODS)
        .header('access-control-max-age', PREFLIGHT_MAX_AGE_SECONDS)
      const names = raw.headers['access-control-request-headers'] ?? ''
      if (names.length <= MAX_NAMES_LENGTH && HEADER_NAMES.test(names)) {
        reply.header('access-control-allow-headers', names)
      }
    }
    reply.header('vary', 'Access-Control-Request-Method, Access-Control-Request-Headers')
    return reply.code(204).send()
  })
  app.addHook('onSend', async (request, reply) => setCorsHeaders(origins, request, reply))
}

/** Also for the answers for which Fastify runs no hooks. */
export function setCorsHeaders(
  origins: readonly string[] | undefined,
  { raw }: Pick<FastifyRequest, 'raw'>,
  reply: FastifyReply,
): void {
  if (origins === undefined || isOwnPage(raw.url)) return
  // The upstream's own headers would contradict ours.
  for (const name of ['allow-origin', 'allow-credentials', 'expose-headers']) {
    reply.removeHeader(`access-control-${name}`)
  }
  const vary = [reply.getHeader('vary') ?? []].flat().join(', ')
  const names = vary.toLowerCase().split(/\s*,\s*/u)
  if (!names.includes('origin') && !names.includes('*')) {
    reply.header('vary', vary === '' ? 'Origin' : `${vary}, Origin`)
  }
  const { origin } = raw.headers
  if (origin === undefined || !origins.includes(origin)) return
  reply
    .header('access-control-allow-origin', origin)
    .header('access-control-expose-headers', EXPOSED)
}

const isOwnPage = (url = ''): boolean => url === START_PAGE || url.startsWith('/-/')
