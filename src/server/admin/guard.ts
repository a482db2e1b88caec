/** Who may see /-/: with server.adminToken whoever sends it, else this machine only. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { ProblemError } from '../errors/problems.js'

const LOOPBACK = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/
/** Names a browser can be made to resolve to this machine are not among them. */
const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i

/** Another proxy on this machine speaks for somebody, and nobody knows from where. */
const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const

/** `adminToken` is asked each time: a reload may change it. */
export function adminGuard(
  adminToken: () => string | undefined,
): (request: FastifyRequest) => void {
  return (request) => {
    const token = adminToken()
    const expected = token === undefined ? undefined : digest(token)
    if (expected === undefined) {
      const { host = '', origin } = request.headers
      const isLocal = LOOPBACK.test(request.socket.remoteAddress ?? '')
      // Any page may make a browser POST here, but not without saying where the page is from.
      const isOwn = origin === undefined || origin === `${request.protocol}://${host}`
      const isDirect = !FORWARDING.some((name) => name in request.headers)
      if (!isLocal || !isDirect || !LOOPBACK_HOST.test(host) || !isOwn) {
        throw new ProblemError('ADMIN_FORBIDDEN')
      }
      return
    }
    const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (!timingSafeEqual(digest(sent), expected)) throw new ProblemError('ADMIN_UNAUTHORIZED')
  }
}

/** Equal lengths, so that the comparison takes equal time. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
