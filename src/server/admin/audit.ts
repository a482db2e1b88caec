/** One line for each act of a person: what, and from where. Lines of this kind have a field `audit`. */

import type { FastifyRequest } from 'fastify'
import type { Services } from '../services.js'

export type Act = 'purge' | 'pause' | 'resume'

export function audit(
  { log }: Pick<Services, 'log'>,
  request: FastifyRequest,
  act: Act,
  details: object,
): void {
  log.info({ audit: act, by: request.ip, reqId: request.id, ...details }, `${act} by hand`)
}
