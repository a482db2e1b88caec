/** What is ours under /-/. Everything else belongs to Intervals. */

import type { FastifyInstance } from 'fastify'
import { isResourceName } from '../../cache/index.js'
import type { PurgeSelection } from '../../cache/index.js'
import { ProblemError } from '../problems.js'
import type { Services } from '../services.js'
import { explain } from './explain.js'
import { adminGuard } from './guard.js'
import { refreshGauges } from './gauges.js'
import { statusOf } from './status.js'

interface PurgeBody {
  readonly account?: string
  readonly resource?: string
  readonly path?: string
  readonly soft?: boolean
}

const PURGE_SCHEMA = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    account: { type: 'string' },
    resource: { type: 'string' },
    path: { type: 'string', pattern: '^/' },
    soft: { type: 'boolean' },
  },
}

const RESUME_SCHEMA = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { scope: { type: 'string' } },
}

export async function adminPlugin(app: FastifyInstance, services: Services): Promise<void> {
  const { config, ledger, purges, metrics, log } = services
  const guard = adminGuard(config.server.adminToken)
  app.addHook('onRequest', async (request) => guard(request))

  app.get('/-/status', async (_request, reply) => reply.send(statusOf(services)))

  app.get('/-/metrics', async (_request, reply) => {
    refreshGauges(services)
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })

  app.get<{ Querystring: { path?: string } }>('/-/explain', async (request, reply) =>
    reply.send(await explain(services, request)),
  )

  app.post<{ Body: PurgeBody | null }>(
    '/-/purge',
    { schema: { body: PURGE_SCHEMA } },
    async (request, reply) => {
      const { account, resource, path, soft } = request.body ?? {}
      if (resource !== undefined && !isResourceName(resource)) {
        throw new ProblemError('BAD_REQUEST', { message: `there is no resource "${resource}"` })
      }
      const selection: PurgeSelection = {
        ...(account !== undefined && { account }),
        ...(resource !== undefined && { resource }),
        ...(path !== undefined && { path: path.length > 1 ? path.replace(/\/$/, '') : path }),
        ...(soft !== undefined && { soft }),
      }
      const purged = await purges.purge(selection)
      log.info({ ...selection, purged }, 'purged by hand')
      return reply.send({ purged })
    },
  )

  app.post<{ Body: { scope?: string } | null }>(
    '/-/resume',
    { schema: { body: RESUME_SCHEMA } },
    async (request, reply) => {
      const asked = request.body?.scope
      const scopes = asked === undefined ? ledger.usage().pauses.map(({ scope }) => scope) : [asked]
      const resumed = scopes.filter((scope) => ledger.resume(scope))
      log.info({ resumed }, 'resumed by hand')
      return reply.send({ resumed })
    },
  )

  app.all('/-/*', async () => {
    throw new ProblemError('NOT_FOUND')
  })
}
