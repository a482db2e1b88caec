/** /-/livez and /-/readyz: for whoever keeps the process running. They say nothing worth hiding. */

import type { FastifyInstance } from 'fastify'
import type { Ledger } from '../../limits/index.js'
import { ownPageHeaders } from './own-page-headers.js'
import { LIVE_PAGE, READY_PAGE } from './schemas/health.js'
import { describePages } from './schemas/page.js'

export interface ProbesOptions {
  readonly ledger: Pick<Ledger, 'problem' | 'usage'>
  readonly isClosing: () => boolean
  readonly isShedding: () => boolean
}

export async function probes(app: FastifyInstance, options: ProbesOptions): Promise<void> {
  const { ledger, isClosing, isShedding } = options
  app.addHook('onSend', ownPageHeaders)
  describePages(app)
  app.get('/-/livez', { schema: LIVE_PAGE }, async () => ({ status: 'ok' }))

  app.get('/-/readyz', { schema: READY_PAGE }, async (_request, reply) => {
    const reasons: string[] = []
    const notes: string[] = []
    if (isClosing()) reasons.push('stopping')
    const problem = ledger.problem?.()
    if (problem !== undefined) reasons.push(`${problem}; only stored answers are served`)
    const { window, days, pauses } = ledger.usage()
    // Neither is a spent budget or too much to do: hits go on.
    if (isShedding()) notes.push('overloaded: only stored answers are served')
    if (window.held >= window.ceiling) notes.push('the window is full')
    for (const day of days)
      if (day.used >= day.max) notes.push(`the day of ${day.account} is spent`)
    for (const pause of pauses) notes.push(`${pause.scope} is paused: ${pause.reason}`)
    const status = reasons.length === 0 ? 'ready' : 'not ready'
    return reply.code(reasons.length === 0 ? 200 : 503).send({ status, reasons, notes })
  })
}
