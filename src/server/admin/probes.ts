/** /-/livez and /-/readyz, for what keeps the process running. They say nothing worth hiding. */

import type { FastifyInstance } from 'fastify'
import { headline } from '../../report/health.js'
import type { HealthWatch } from '../health.js'
import { ownPageHeaders } from './own-page-headers.js'
import { LIVE_PAGE, READY_PAGE } from './schemas/health.js'
import { describePages } from './schemas/page.js'

export interface ProbesOptions {
  readonly isClosing: () => boolean
  readonly health: Pick<HealthWatch, 'now'>
}

export async function probes(app: FastifyInstance, options: ProbesOptions): Promise<void> {
  const { isClosing, health } = options
  app.addHook('onSend', ownPageHeaders)
  describePages(app)
  app.get('/-/livez', { schema: LIVE_PAGE }, async () => ({ status: 'ok' }))

  app.get('/-/readyz', { schema: READY_PAGE }, async (_request, reply) => {
    // Nothing in the health makes the proxy unready, because it still serves hits.
    const reasons = health.now().reasons.map((reason) => `${reason.code}: ${headline(reason)[0]}`)
    if (!isClosing()) return reply.send({ status: 'ready', reasons })
    return reply.code(503).send({ status: 'not ready', reasons: ['stopping', ...reasons] })
  })
}
