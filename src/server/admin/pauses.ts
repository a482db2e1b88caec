/** POST /-/pause and /-/resume: an operator stops upstream calls, or resumes them. */

import type { FastifyInstance } from 'fastify'
import { accountScope, WINDOW_SCOPE } from '../../limits/index.js'
import { ProblemError } from '../errors/problems.js'
import type { Ledger } from '../../limits/index.js'
import type { Events } from '../../observability/events.js'
import type { RuntimeConfig } from '../runtime-config.js'
import { audit } from './audit.js'
import { PAUSE_PAGE, RESUME_PAGE } from './schemas/acts.js'

/** Only `resume` takes it, and only when it is named: ending it early declares that nothing was sent. */
const QUARANTINE = 'quarantine'

interface PauseBody {
  /** `window` is everything, `account:NAME` one account. By default everything. */
  readonly scope?: string
  /** Why, for those who look at /-/status. */
  readonly detail?: string
}

export interface PausePorts {
  readonly ledger: Pick<Ledger, 'pause' | 'resume' | 'endQuarantine' | 'usage'>
  readonly events: Pick<Events, 'emit'>
  readonly runtime: Pick<RuntimeConfig, 'clients'>
}

export function pauseRoutes(app: FastifyInstance, ports: PausePorts): void {
  const { ledger, events } = ports

  app.post<{ Body: PauseBody | null }>(
    '/-/pause',
    { schema: PAUSE_PAGE },
    async (request, reply) => {
      const { scope = WINDOW_SCOPE, detail = 'stopped by hand' } = request.body ?? {}
      assertScope(ports, scope)
      const pause = ledger.pause({ scope, reason: 'by-hand', holdMs: 0, detail })
      audit(request, 'pause', { scope, detail })
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
      if (asked === QUARANTINE) {
        const resumed = ledger.endQuarantine() ? [QUARANTINE] : []
        audit(request, 'end-quarantine', { resumed })
        return reply.send({ resumed })
      }
      if (asked !== undefined) assertScope(ports, asked)
      const scopes = asked === undefined ? ledger.usage().pauses.map(({ scope }) => scope) : [asked]
      const resumed = scopes.filter((scope) => ledger.resume(scope))
      audit(request, 'resume', { resumed })
      for (const scope of resumed) events.emit({ event: 'resumed', scope, by: 'hand' })
      return reply.send({ resumed })
    },
  )
}

/** A pause of an unknown scope would stop nothing, and look as if it did. */
function assertScope({ runtime, ledger }: PausePorts, scope: string): void {
  const known = [WINDOW_SCOPE, ...runtime.clients.accounts.map(accountScope)]
  const paused = ledger.usage().pauses.map((pause) => pause.scope)
  if ([...known, ...paused].includes(scope)) return
  throw new ProblemError('BAD_REQUEST', {
    message: `there is no scope "${scope}"; there are ${known.join(', ')}`,
  })
}
