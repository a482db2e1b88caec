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
import { limitConnections } from './edge/connections/limit.js'
import { installCors } from './edge/cors.js'
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
import type { CorePorts } from './ports/features.js'
import { statusOf } from './admin/build-status.js'
import type { TlsPair } from './edge/tls/pair.js'

declare module 'fastify' {
  interface FastifyInstance {
    services: Services
  }
}

export async function buildApp(
  config: Config,
  deps: AppDeps & { readonly logger?: FastifyBaseLogger; readonly tls?: TlsPair },
): Promise<FastifyInstance> {
  const { workers } = deps
  const isBehindWorkers = workers !== undefined
  const requestId = requestIds()
  const app = createListener(config, { ...deps, isBehindWorkers, requestId })
  await deps.tracing?.install(app)
  await app.register(underPressure, pressureOptions(config))
  const isUnderPressure = (): boolean => app.isUnderPressure()
  const services = createServices(config, { isUnderPressure, ...deps }, app.log)
  app.decorate('services', services)
  if (workers !== undefined) workers.serveWorkers(app.server)
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
  app.addHook('onRequest', refuseAmbiguous)
  const open = openResponses(app)
  cutSlowReaders(app, open, { ...services.metrics, everyMs: deps.connectionLookMs ?? 30_000 })
  app.setErrorHandler(handleError)
  installCors(app, config.server.cors?.origins)
  accessLog(app, { ...services, ...open })
  for (const install of deps.installs ?? []) await install(app, corePorts(services))
  const isClosing = drainOnClose(app, services, open)
  services.tracing?.watch(open)
  // The fast path runs no hooks, so it records no spans.
  if (services.tracing === undefined && config.server.cors?.origins === undefined)
    hitsFirst(app, services, { open, isClosing, requestId })

  const isShedding = (): boolean => services.overload.isShedding()
  await app.register(probes, { ledger: services.ledger, isClosing, isShedding })
  await app.register(adminPlugin, services)
  const { httpStore: store } = services
  if (store === undefined) await app.register(proxyPlugin, services)
  else await app.register(httpProfilePlugin, { services, store })
  return app
}

const corePorts = (services: Services): CorePorts => ({
  clock: services.deps.clock,
  events: services.events,
  requests: services.requests,
  ledger: services.ledger,
  queue: services.queue,
  config: () => services.config,
  status: () => statusOf(services),
  accounts: () => services.gateway.accounts,
  isReplica: services.deps.shared !== undefined,
  openFile: services.deps.openFile,
})
