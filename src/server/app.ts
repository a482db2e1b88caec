/**
 * The proxy as a function of its configuration: everything is registered here, in order. Never
 * listens, never reads the environment; see serve.ts for the process around it.
 */

import { METHODS } from 'node:http'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { adminPlugin } from './admin/plugin.js'
import { accessLog } from './access-log.js'
import type { Config } from './config/schema.js'
import { handleClientError, handleError } from './error-handler.js'
import { drainOnClose } from './drain.js'
import { probes } from './admin/probes.js'
import { ProblemError } from './problems.js'
import { proxyPlugin } from './proxy/plugin.js'
import { createServices } from './services.js'
import type { AppDeps, Services } from './services.js'

declare module 'fastify' {
  interface FastifyInstance {
    services: Services
  }
}

export async function buildApp(
  config: Config,
  deps: AppDeps & { readonly logger?: FastifyBaseLogger },
): Promise<FastifyInstance> {
  const app = Fastify({
    ...(deps.logger === undefined ? { logger: false } : { loggerInstance: deps.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.server.bodyLimit,
    requestIdHeader: 'x-request-id',
    // Headers and a whole body from the consumer; the answer may take as long as the queue lets it.
    requestTimeout: 60_000,
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
  // Whatever the method, it is the upstream that answers. CONNECT never gets here.
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: false })
  }
  const services = createServices(config, deps, app.log)
  app.decorate('services', services)
  const isClosing = drainOnClose(app, services)
  app.setErrorHandler(handleError)
  accessLog(app, services)

  await app.register(probes, { ledger: services.ledger, isClosing })
  await app.register(adminPlugin, services)
  await app.register(proxyPlugin, services)
  return app
}
