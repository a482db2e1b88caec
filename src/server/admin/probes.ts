/** /-/livez and /-/readyz: for whoever keeps the process running. They say nothing worth hiding. */

import type { FastifyInstance } from 'fastify'
import type { Services } from '../services.js'

export interface ProbesOptions {
  readonly ledger: Services['ledger']
  readonly isClosing: () => boolean
}

export async function probes(app: FastifyInstance, options: ProbesOptions): Promise<void> {
  const { ledger, isClosing } = options
  app.get('/-/livez', async () => ({ status: 'ok' }))

  app.get('/-/readyz', async (_request, reply) => {
    const reasons: string[] = []
    const notes: string[] = []
    if (isClosing()) reasons.push('stopping')
    const { window, days, pauses } = ledger.usage()
    // A spent budget is no reason: hits go on.
    if (window.held >= window.ceiling) notes.push('the window is full')
    for (const day of days)
      if (day.used >= day.max) notes.push(`the day of ${day.account} is spent`)
    for (const pause of pauses) notes.push(`${pause.scope} is paused: ${pause.reason}`)
    const status = reasons.length === 0 ? 'ready' : 'not ready'
    return reply.code(reasons.length === 0 ? 200 : 503).send({ status, reasons, notes })
  })
}
