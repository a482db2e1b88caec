/**
 * The proxy as a function of its configuration: everything is registered here, in order. Never
 * listens, never reads the environment; see serve.ts for the process around it.
 */

import { METHODS } from 'node:http'
import type { Socket } from 'node:net'
import underPressure from '@fastify/under-pressure'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { adminPlugin } from './admin/plugin.js'
import { accessLog } from './access-log.js'
import type { Config } from './config/schema.js'
import { dashboardPlugin } from './dashboard/plugin.js'
import { createTold } from './dashboard/told.js'
import { createWatchers } from './dashboard/watchers.js'
import { limitConnections } from './connections/limit.js'
import { oneAtATime } from './connections/one-at-a-time.js'
import { openResponses } from './connections/open-responses.js'
import { cutSlowReaders } from './connections/slow-readers.js'
import { trustedPeers } from './connections/trusted-peers.js'
import { hitsFirst } from './hits/hits-first.js'
import { handleClientError, handleError, refuseRaw } from './error-handler.js'
import { httpProfilePlugin } from './http-profile/plugin.js'
import { drainOnClose } from './drain.js'
import { probes } from './admin/probes.js'
import { pressureOptions } from './overload.js'
import { ProblemError } from './problems.js'
import { proxyPlugin } from './proxy/plugin.js'
import { refuseAmbiguous } from './ambiguity.js'
import { requestIds } from './request-ids.js'
import { createServices } from './services.js'
import type { AppDeps, Services } from './services.js'
import { httpsOptions } from './tls/listener.js'
import type { TlsPair } from './tls/pair.js'

declare module 'fastify' {
  interface FastifyInstance {
    services: Services
  }
}

export async function buildApp(
  config: Config,
  deps: AppDeps & { readonly logger?: FastifyBaseLogger; readonly tls?: TlsPair },
): Promise<FastifyInstance> {
  const isTrusted = trustedPeers(config.server.trustProxy ?? [])
  const tls = httpsOptions(deps.tls)
  const requestId = requestIds()
  const listener = {
    // A block of headers is small: who needs longer for it does so on purpose (slowloris).
    headersTimeout: 15_000,
    // Both timeouts are looked at so often; by default only every 30 s.
    connectionsCheckingInterval: deps.connectionLookMs ?? 5_000,
  }
  const app = Fastify({
    ...(tls.https === undefined ? { http: listener } : { https: { ...listener, ...tls.https } }),
    ...(deps.logger === undefined ? { logger: false } : { loggerInstance: deps.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.server.bodyLimit,
    requestIdHeader: false,
    genReqId: requestId,
    trustProxy: isTrusted,
    // Headers and a whole body from the consumer; the answer may take as long as the queue lets it, so
    // silence on a connection says nothing: no connectionTimeout. For slow readers see slow-readers.ts.
    requestTimeout: 60_000,
    connectionTimeout: 0,
    // Longer than load balancers keep an idle connection (60 s), so that the end is theirs to choose.
    keepAliveTimeout: 72_000,
    // A consumer may keep its connection: what costs is bounded by the request, not by the connection.
    maxRequestsPerSocket: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // A misspelt key under /-/ is a mistake to be told, not one to be dropped: without it a purge of one
    // resource is a purge of everything.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 10_000 },
    clientErrorHandler: handleClientError,
    frameworkErrors: (error, request, reply) => {
      void handleError(new ProblemError('BAD_TARGET', { cause: error }), request, reply)
    },
  })
  // Whatever the method, it is the upstream that answers. CONNECT never gets here, see below.
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: false })
  }
  await app.register(underPressure, pressureOptions(config))
  const isUnderPressure = (): boolean => app.isUnderPressure()
  const services = createServices(config, { isUnderPressure, ...deps }, app.log)
  app.decorate('services', services)
  limitConnections(app, services.metrics, {
    maxConnections: config.server.maxConnections,
    isTrusted,
  })
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
  accessLog(app, services)
  app.addHook('onResponse', async (request, reply) => services.recorder.answered(request, reply))
  hitsFirst(app, services, { open, isClosing, requestId })

  const isShedding = (): boolean => services.overload.isShedding()
  await app.register(probes, { ledger: services.ledger, isClosing, isShedding })
  await app.register(adminPlugin, services)
  await app.register(dashboardPlugin, { services, watchers })
  const { httpStore: store } = services
  if (store === undefined) await app.register(proxyPlugin, services)
  else await app.register(httpProfilePlugin, { services, store })
  return app
}
