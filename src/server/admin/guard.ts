/** Access to /-/: requests with server.adminToken; without that setting, direct requests of this machine. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../limits/index.js'
import { createFailures } from '../authentication/failed-attempts.js'
import { ProblemError } from '../errors/problems.js'

const LOOPBACK = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/
/** Names a browser can be made to resolve to this machine are not among them. */
const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i
/** Headers of requests that another proxy passed on: the client may be anywhere. `_` counts as `-`. */
const FORWARDING = /^(?:forwarded|via|x-real-ip|x-client-ip|true-client-ip|x-forwarded\b.*|cf-.*)$/

/** `adminToken` is read each time, because a reload may change it. */
export function adminGuard(
  adminToken: () => string | undefined,
  clock: Pick<Clock, 'monotonicMs'>,
): (request: FastifyRequest) => void {
  const failures = createFailures()

  function assertToken(request: FastifyRequest, token: string): void {
    const { authorization } = request.headers
    const sent = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
    if (timingSafeEqual(digest(sent), digest(token))) return
    // A browser that opens the page has no token yet.
    if (authorization !== undefined) noteGuess(request)
    throw new ProblemError('ADMIN_UNAUTHORIZED')
  }

  /** @throws ProblemError TOO_MANY_FAILURES after ten wrong tokens within a minute */
  function noteGuess({ ip, log }: FastifyRequest): void {
    const nowMs = clock.monotonicMs()
    const retryAfterMs = failures.closedForMs(ip, nowMs)
    if (retryAfterMs !== undefined) {
      const message = 'too many wrong admin tokens came from this address; try again later'
      throw new ProblemError('TOO_MANY_FAILURES', { retryAfterMs, message })
    }
    failures.failed(ip, nowMs)
    log.warn({ peer: ip, code: 'ADMIN_UNAUTHORIZED' }, 'a request for /-/ had a wrong admin token')
  }

  return (request) => {
    const token = adminToken()
    if (token !== undefined) assertToken(request, token)
    else if (!isLocal(request)) throw new ProblemError('ADMIN_FORBIDDEN')
  }
}

function isLocal({ headers, socket, protocol, method }: FastifyRequest): boolean {
  const { host = '', origin } = headers
  // Any page may make a browser POST here, but not without saying where the page is from.
  const isOwn = origin === undefined || origin === `${protocol}://${host}`
  return (
    isOwn &&
    LOOPBACK.test(socket.remoteAddress ?? '') &&
    LOOPBACK_HOST.test(host) &&
    !Object.keys(headers).some((name) => FORWARDING.test(name.replaceAll('_', '-'))) &&
    !isFromAnotherSite(headers, method)
  )
}

/** A page of another site made the browser ask. Following a link to a page here is allowed. */
function isFromAnotherSite(headers: FastifyRequest['headers'], method: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== 'cross-site' && site !== 'same-site') return false
  const isNavigation =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return method !== 'GET' || !isNavigation
}

/** Equal lengths, so that the comparison takes equal time. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
