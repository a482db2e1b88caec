/** POST /-/pause and /-/resume: a person holds what goes out, or lets it go on. */

import type { FastifyInstance } from 'fastify'
import { accountScope, WINDOW_SCOPE } from '../../limits/index.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { audit } from './audit.js'
import { PAUSE_PAGE, RESUME_PAGE } from './schemas/acts.js'

interface PauseBody {
  /** `window` is everything, `account:NAME` one account. By default everything. */
  readonly scope?: string
  /** Why, for those who look at /-/status. */
  readonly detail?: string
}

export function pauseRoutes(app: FastifyInstance, services: Services): void {
  const { ledger, events } = services

  app.post<{ Body: PauseBody | null }>(
    '/-/pause',
    { schema: PAUSE_PAGE },
    async (request, reply) => {
      const { scope = WINDOW_SCOPE, detail = 'stopped by hand' } = request.body ?? {}
      assertScope(services, scope)
      const pause = ledger.pause({ scope, reason: 'by-hand', holdMs: 0, detail })
      audit(services, request, 'pause', { scope, detail })
      if (pause !== undefined) {
        events.emit({ event: 'paused', scope, reason: 'by-hand', seconds: null, detail })
      }
      return reply.send({ paused: [scope] })
    },
  )

  app.post<{ Body: Pick<PauseBody, 'scope'> | null }>(
    '/-/resume',
    { schema: RESUME_PAGE },
    async (request, reply) => {
      const asked = request.body?.scope
      if (asked !== undefined) assertScope(services, asked)
      const scopes = asked === undefined ? ledger.usage().pauses.map(({ scope }) => scope) : [asked]
      const resumed = scopes.filter((scope) => ledger.resume(scope))
      audit(services, request, 'resume', { resumed })
      for (const scope of resumed) events.emit({ event: 'resumed', scope, by: 'hand' })
      return reply.send({ resumed })
    },
  )
}

/** A pause of something that is not there would hold nothing back, and look as if it did. */
function assertScope({ gateway, ledger }: Services, scope: string): void {
  const known = [WINDOW_SCOPE, ...gateway.accounts.map(accountScope)]
  const paused = ledger.usage().pauses.map((pause) => pause.scope)
  if ([...known, ...paused].includes(scope)) return
  throw new ProblemError('BAD_REQUEST', {
    message: `there is no scope "${scope}"; there are ${known.join(', ')}`,
  })
}
