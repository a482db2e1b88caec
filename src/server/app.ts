/**
 * The proxy as a function of its configuration: everything is registered here, in order. Never
 * listens, never reads the environment; see serve.ts for the process around it.
 */

import type { Socket } from 'node:net'
import underPressure from '@fastify/under-pressure'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { adminPlugin } from './admin/plugin.js'
import { accessLog } from '../observability/access-log.js'
import type { Config } from '../config/schema.js'
import { dashboardPlugin } from '../dashboard/plugin.js'
import { createTold } from '../dashboard/dashboard-feed.js'
import { createWatchers } from '../dashboard/watchers.js'
import { limitConnections } from './edge/connections/limit.js'
import { oneAtATime } from './edge/connections/one-at-a-time.js'
import { openResponses } from './edge/connections/open-responses.js'
import { cutSlowReaders } from './edge/connections/slow-readers.js'
import { trustedPeers } from './edge/connections/trusted-peers.js'
import { hitsFirst } from '../fast-path/hits-first.js'
import { handleError, refuseRaw } from './errors/error-handler.js'
import { httpProfilePlugin } from './http-profile/plugin.js'
import { drainOnClose } from './shutdown.js'
import { createListener } from './listener.js'
import { probes } from './admin/probes.js'
import { pressureOptions } from './edge/overload.js'
import { proxyPlugin } from './proxy/plugin.js'
import { refuseAmbiguous } from './edge/ambiguity.js'
import { requestIds } from './edge/request-ids.js'
import { createServices } from './services.js'
import type { AppDeps, Services } from './services.js'
import { NO_TRACING } from '../observability/tracing/tracing.js'
import type { TlsPair } from './edge/tls/pair.js'
import { takePeersFromWorkers } from '../workers/peer.js'

declare module 'fastify' {
  interface FastifyInstance {
    services: Services
  }
}

export async function buildApp(
  config: Config,
  deps: AppDeps & { readonly logger?: FastifyBaseLogger; readonly tls?: TlsPair },
): Promise<FastifyInstance> {
  const isBehindWorkers = deps.workers !== undefined
  const requestId = requestIds()
  const app = createListener(config, { ...deps, isBehindWorkers, requestId })
  await deps.tracing?.install(app)
  await app.register(underPressure, pressureOptions(config))
  const isUnderPressure = (): boolean => app.isUnderPressure()
  const services = createServices(config, { isUnderPressure, ...deps }, app.log)
  app.decorate('services', services)
  if (isBehindWorkers) takePeersFromWorkers(app.server)
  else {
    const isTrusted = trustedPeers(config.server.trustProxy ?? [])
    const { maxConnections } = config.server
    limitConnections(app, services.metrics, { maxConnections, isTrusted })
  }
  app.server.on('connect', (_request, socket: Socket) => {
    refuseRaw(socket, 'METHOD_NOT_FORWARDED')
    socket.destroy()
  })
  oneAtATime(app, services.metrics)
  app.addHook('onRequest', async (request) => refuseAmbiguous(request))
  const open = openResponses(app)
  cutSlowReaders(app, open, { ...services.metrics, everyMs: deps.connectionLookMs ?? 30_000 })
  const watchers = createWatchers(createTold(services))
  // Before the drain, which waits for all that is open.
  app.addHook('preClose', async () => watchers.close())
  const isClosing = drainOnClose(app, services, open)
  app.setErrorHandler(handleError)
  accessLog(app, services, open)
  app.addHook('onResponse', async (request, reply) => services.recorder.answered(request, reply))
  services.tracing.watch(open)
  // It has no hooks, so no spans either.
  if (services.tracing === NO_TRACING) hitsFirst(app, services, { open, isClosing, requestId })

  const isShedding = (): boolean => services.overload.isShedding()
  await app.register(probes, { ledger: services.ledger, isClosing, isShedding })
  await app.register(adminPlugin, services)
  await app.register(dashboardPlugin, { services, watchers })
  const { httpStore: store } = services
  if (store === undefined) await app.register(proxyPlugin, services)
  else await app.register(httpProfilePlugin, { services, store })
  return app
}
