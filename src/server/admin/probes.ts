/** /-/livez and /-/readyz, for what keeps the process running. They say nothing worth hiding. */

import type { FastifyInstance } from 'fastify'
import type { Ledger } from '../../limits/index.js'
import { headline } from '../../report/health.js'
import type { HealthWatch } from '../health.js'
import { ownPageHeaders } from './own-page-headers.js'
import { LIVE_PAGE, READY_PAGE } from './schemas/health.js'
import { describePages } from './schemas/page.js'

export interface ProbesOptions {
  readonly ledger: Pick<Ledger, 'problem' | 'usage'>
  readonly isClosing: () => boolean
  readonly health: Pick<HealthWatch, 'now'>
}

export async function probes(app: FastifyInstance, options: ProbesOptions): Promise<void> {
  const { ledger, isClosing, health } = options
  app.addHook('onSend', ownPageHeaders)
  describePages(app)
  app.get('/-/livez', { schema: LIVE_PAGE }, async () => ({ status: 'ok' }))

  app.get('/-/readyz', { schema: READY_PAGE }, async (_request, reply) => {
    const reasons: string[] = []
    if (isClosing()) reasons.push('stopping')
    const problem = ledger.problem?.()
    if (problem !== undefined) reasons.push(`${problem}; only stored answers are served`)
    // Everything else leaves it ready, because hits are still served.
    const notes = health
      .now()
      .reasons.filter(({ code }) => code !== 'store-unavailable')
      .map((reason) => `${reason.code}: ${headline(reason)[0]}`)
    const { window } = ledger.usage()
    if (window.held >= window.ceiling) notes.push('the window is full')
    const status = reasons.length === 0 ? 'ready' : 'not ready'
    return reply.code(reasons.length === 0 ? 200 : 503).send({ status, reasons, notes })
  })
}
