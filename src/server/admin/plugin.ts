/** The pages under /-/. Every other path belongs to Intervals. */

import type { FastifyInstance } from 'fastify'
import { isResourceName, RESOURCE_NAMES } from '../../cache/index.js'
import type { PurgeSelection } from '../../cache/index.js'
import type { Clock } from '../../limits/index.js'
import { nearest } from '../../config/nearest.js'
import { ProblemError } from '../errors/problems.js'
import type { CacheParts } from '../pipeline/cache-parts.js'
import { START_PAGE } from '../edge/arrival-target.js'
import { audit } from './audit.js'
import { explainPage } from './explain.js'
import type { ExplainPorts } from './explain.js'
import { adminGuard } from './guard.js'
import { createGauges } from './gauges.js'
import type { GaugePorts } from './gauges.js'
import { ownPageHeaders } from './own-page-headers.js'
import { pauseRoutes } from './pauses.js'
import type { PausePorts } from './pauses.js'
import { processMetrics } from './process-metrics.js'
import { PURGE_PAGE } from './schemas/acts.js'
import { EXPLAIN_PAGE } from './schemas/explain.js'
import { METRICS_PAGE } from './schemas/health.js'
import { describePages } from './schemas/page.js'
import { SPENDING_PAGE } from './schemas/spending.js'
import { STATUS_PAGE } from './schemas/status.js'
import { spendingOf } from './spending.js'
import type { SpendingPorts, SpendingQuery } from './spending.js'
import { statusOf } from './build-status.js'

interface PurgeBody {
  readonly account?: string
  readonly resource?: string
  readonly path?: string
  readonly soft?: boolean
}

/** What the pages show, and what they act on. */
export interface AdminPorts {
  readonly state: GaugePorts & { readonly clock: Pick<Clock, 'monotonicMs'> }
  readonly spending: SpendingPorts
  readonly explain: ExplainPorts
  readonly pauses: PausePorts
  readonly cache: Pick<CacheParts<unknown>, 'purges' | 'unselectable'>
}

export async function adminPlugin(app: FastifyInstance, ports: AdminPorts): Promise<void> {
  const { state, cache } = ports
  const { runtime, metrics } = state
  const guard = adminGuard(() => runtime.config.server.adminToken, state.clock)
  // Relative, because a reverse proxy may add a path in front. Not guarded: it shows nothing.
  if (runtime.config.cache.profile === 'intervals') {
    app.get(START_PAGE, async (_request, reply) => reply.code(303).header('location', '-/').send())
  }
  app.addHook('onRequest', async (request) => guard(request))
  app.addHook('onSend', ownPageHeaders)
  describePages(app)

  app.get('/-/status', { schema: STATUS_PAGE }, async (_request, reply) =>
    reply.send(statusOf(state)),
  )

  app.get<{ Querystring: SpendingQuery }>(
    '/-/spending',
    { schema: SPENDING_PAGE },
    async (request, reply) => reply.send(await spendingOf(ports.spending, request.query)),
  )

  const refreshGauges = createGauges(state)
  app.get('/-/metrics', { schema: METRICS_PAGE }, async (_request, reply) => {
    refreshGauges()
    const pages = [await metrics.registry.metrics(), await processMetrics()]
    return reply.type(metrics.registry.contentType).send(pages.join('\n'))
  })

  app.get<{ Querystring: { path?: string } }>(
    '/-/explain',
    // What is wrong with the question is said in its own words.
    { schema: EXPLAIN_PAGE, attachValidation: true },
    async (request, reply) => reply.send(await explainPage(ports.explain, request)),
  )

  app.post<{ Body: PurgeBody | null }>(
    '/-/purge',
    { schema: PURGE_PAGE },
    async (request, reply) => {
      const { account, resource, path, soft } = request.body ?? {}
      if (cache.unselectable.some((name) => request.body?.[name] !== undefined)) {
        const message = 'in cache.profile http there is a purge by path, or of everything'
        throw new ProblemError('BAD_REQUEST', { message })
      }
      if (resource !== undefined && !isResourceName(resource)) {
        throw new ProblemError('BAD_REQUEST', { message: noResource(resource) })
      }
      if (path?.startsWith('/') === false) {
        const message = `a path starts with a slash, such as /task/123/; got "${path}"`
        throw new ProblemError('BAD_REQUEST', { message })
      }
      if (path?.includes('?') === true) {
        const [plain = ''] = path.split('?')
        const message = `a purge takes a path without its query: ${plain} purges the entries of this path for every query`
        throw new ProblemError('BAD_REQUEST', { message })
      }
      if (account !== undefined && !runtime.clients.accounts.includes(account)) {
        const known = runtime.clients.accounts.join(', ')
        const message = `there is no account "${account}"; there is ${known}`
        throw new ProblemError('BAD_REQUEST', { message })
      }
      const selection: PurgeSelection = {
        ...(account !== undefined && { account }),
        ...(resource !== undefined && { resource }),
        ...(path !== undefined && { path: path.length > 1 ? path.replace(/\/$/, '') : path }),
        ...(soft !== undefined && { soft }),
      }
      const purged = await cache.purges.purge(selection)
      audit(request, 'purge', { ...selection, purged })
      ports.pauses.events.emit({ event: 'purged', selection, purged })
      return reply.send({ purged })
    },
  )

  pauseRoutes(app, ports.pauses)

  app.all('/-/*', { schema: { hide: true } }, async () => {
    throw new ProblemError('NOT_FOUND')
  })
}

function noResource(name: string): string {
  const meant = nearest(name, RESOURCE_NAMES)
  return `there is no resource "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}
