/**
 * The dashboard at /-/. Its files contain no secrets, so a browser gets them without the admin token, and the
 * page asks for it. All figures and actions go through the guard of /-/. The page's script sends the token in
 * a header, the browser never sends it by itself, so no other page can act with it.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../limits/index.js'
import { adminGuard } from '../server/admin/guard.js'
import { ownPageHeaders } from '../server/admin/own-page-headers.js'
import { ProblemError } from '../server/errors/problems.js'
import { PAGE, readAssets } from './assets.js'
import type { Asset } from './assets.js'
import type { Watchers } from './watchers.js'

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

export interface DashboardPagesOptions {
  readonly adminToken: () => string | undefined
  readonly watchers: Watchers
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export async function dashboardPages(
  app: FastifyInstance,
  { adminToken, watchers, clock }: DashboardPagesOptions,
): Promise<void> {
  const guard = adminGuard(adminToken, clock)
  app.addHook('onSend', ownPageHeaders)
  const assets = readAssets()
  /** Without it the page is the same, and asks for it. */
  const hasToken = (request: FastifyRequest): boolean => {
    try {
      guard(request)
      return true
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'TOO_MANY_FAILURES') throw error
      return false
    }
  }

  app.get('/-/', async (request, reply) => {
    if (adminToken() === undefined) guard(request)
    const page = assets.get(PAGE)
    if (page === undefined) {
      const message = 'the page was not built; npm run build does it'
      throw new ProblemError('NOT_FOUND', { message })
    }
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY)
    if (adminToken() !== undefined && !hasToken(request)) {
      reply.code(401).header('www-authenticate', 'Bearer realm="intervals-proxy"')
    }
    return send(request, reply, page)
  })

  for (const [name, asset] of assets) {
    if (name === PAGE) continue
    app.get(`/-/${name}`, async (request, reply) => {
      if (adminToken() === undefined) guard(request)
      return send(request, reply, asset)
    })
  }

  app.get('/-/dashboard/stream', async (request, reply) => {
    guard(request)
    const stream = watchers.open()
    if (stream === undefined) throw new ProblemError('DASHBOARD_FULL', { retryAfterMs: 10_000 })
    reply.header('x-accel-buffering', 'no')
    return reply.type('text/event-stream').send(stream)
  })
}

/** Browsers may store it, but revalidate it each time, so an update shows at once. */
function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  reply.header('cache-control', 'no-cache').header('etag', asset.etag)
  if (reply.statusCode === 200 && request.headers['if-none-match'] === asset.etag)
    return reply.code(304).send()
  return reply.type(asset.type).send(asset.body)
}
