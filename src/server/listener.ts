/** What listens to consumers: how long it waits for whom, and what it refuses by itself. */

import { METHODS } from 'node:http'
import type { IncomingMessage } from 'node:http'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Config } from '../config/schema.js'
import { setCorsHeaders } from './edge/cors.js'
import { arrivalTarget } from './edge/arrival-target.js'
import { trustedPeers } from './edge/connections/trusted-peers.js'
import { handleClientError, handleError } from './errors/error-handler.js'
import { ProblemError } from './errors/problems.js'
import { httpsOptions } from './edge/tls/listener.js'
import type { TlsPair } from '../config/tls-pair.js'

export interface ListenerDeps {
  readonly logger?: FastifyBaseLogger
  readonly tls?: TlsPair
  /** By default 5 s. */
  readonly connectionLookMs?: number
  readonly requestId: (raw: Pick<IncomingMessage, 'headers'>) => string
  /** Workers stand between it and the consumers: when a connection has been idle too long is theirs to say. */
  readonly isBehindWorkers?: boolean
}

export function createListener(config: Config, deps: ListenerDeps): FastifyInstance {
  const tls = httpsOptions(deps.tls)
  const listener = {
    // A block of headers is small: who needs longer for it does so on purpose (slowloris).
    headersTimeout: 15_000,
    // Both timeouts are looked at so often; by default only every 30 s.
    connectionsCheckingInterval: deps.connectionLookMs ?? 5_000,
    // Node would answer without a body; refuseAmbiguous says what is missing.
    requireHostHeader: false,
  }
  const app = Fastify({
    ...(tls.https === undefined ? { http: listener } : { https: { ...listener, ...tls.https } }),
    ...(deps.logger === undefined ? { logger: false } : { loggerInstance: deps.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.server.bodyLimit,
    ...(config.cache.profile === 'intervals' && { rewriteUrl: arrivalTarget }),
    requestIdHeader: false,
    genReqId: deps.requestId,
    trustProxy: config.server.trustProxy !== undefined && trustedPeers(config.server.trustProxy),
    // Headers and a whole body from the consumer; the answer may take as long as the queue lets it, so
    // silence on a connection says nothing: no connectionTimeout. For slow readers see slow-readers.ts.
    requestTimeout: 60_000,
    connectionTimeout: 0,
    // Longer than load balancers keep an idle connection (60 s), so that the end is theirs to choose.
    keepAliveTimeout: deps.isBehindWorkers === true ? 0 : 72_000,
    // A consumer may keep its connection: what costs is bounded by the request, not by the connection.
    maxRequestsPerSocket: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // A misspelt key under /-/ is a mistake to be told, not one to be dropped: without it a purge of one
    // resource is a purge of everything.
    // The schemas are ours and tested: proving them again would compile the schema of schemas at each start.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, validateSchema: false } },
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 10_000 },
    clientErrorHandler: handleClientError,
    frameworkErrors: (error, request, reply) => {
      setCorsHeaders(config.server.cors?.origins, request, reply)
      void handleError(new ProblemError('BAD_TARGET', { cause: error }), request, reply)
    },
  })
  // The same for Expect.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  // Whatever the method, it is the upstream that answers. CONNECT is no request to a server.
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: false })
  }
  return app
}
