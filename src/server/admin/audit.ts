/** One log line for each act of an operator: what, and from which address. Such lines have a field `audit`. */

import type { FastifyRequest } from 'fastify'

export type Act = 'purge' | 'pause' | 'resume' | 'end-quarantine'

export function audit(request: FastifyRequest, act: Act, details: object): void {
  request.server.log.info(
    { audit: act, by: request.ip, reqId: request.id, ...details },
    `${act} by hand`,
  )
}
