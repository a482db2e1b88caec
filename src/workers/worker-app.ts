/**
 * A worker as a function of its configuration: hits from the file that the primary writes, everything else
 * relayed to the primary. Never listens; see worker.ts for the process.
 */

import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { StoredResponse } from '../cache/index.js'
import { accessLog } from '../observability/access-log.js'
import { refuseAmbiguous } from '../server/edge/ambiguity.js'
import { limitConnections } from '../server/edge/connections/limit.js'
import { installCors } from '../server/edge/cors.js'
import { oneAtATime } from '../server/edge/connections/one-at-a-time.js'
import { openResponses } from '../server/edge/connections/open-responses.js'
import type { OpenResponses } from '../server/edge/connections/open-responses.js'
import { cutSlowReaders } from '../server/edge/connections/slow-readers.js'
import { trustedPeers } from '../server/edge/connections/trusted-peers.js'
import { handleError, refuseRaw } from '../server/errors/error-handler.js'
import { ProblemError } from '../server/errors/problems.js'
import { createListener } from '../server/listener.js'
import type { ListenerDeps } from '../server/listener.js'
import type { Answer } from '../server/pipeline/answer.js'
import { renderStored } from '../server/pipeline/profiles/render-stored.js'
import { createAnswerWriter } from '../server/pipeline/write-answer.js'
import { createHitResolver } from './hit-resolver.js'
import type { PipelineFeatures } from '../server/ports/pipeline-features.js'
import type { WorkerConfig } from './worker-messages.js'
import { createRelay } from './relay.js'
import type { WorkerServices } from './worker-services.js'

export interface WorkerApp {
  readonly app: FastifyInstance
  readonly open: OpenResponses
}

export function buildWorkerApp(
  { config, maxConnections, socketPath }: WorkerConfig,
  services: WorkerServices,
  deps: Pick<ListenerDeps, 'logger' | 'tls' | 'requestId'> &
    Pick<PipelineFeatures, 'installFastPath'> & { readonly isClosing: () => boolean },
): WorkerApp {
  const app = createListener(config, deps)
  const { metrics } = services
  const isTrusted = trustedPeers(config.server.trustProxy ?? [])
  limitConnections(app, metrics, { maxConnections, isTrusted })
  app.server.on('connect', (_request, socket: Socket) => {
    refuseRaw(socket, new ProblemError('METHOD_NOT_FORWARDED'))
    socket.destroy()
  })
  oneAtATime(app, metrics)
  app.addHook('onRequest', async (request) => refuseAmbiguous(request))
  const open = openResponses(app)
  cutSlowReaders(app, open, { ...metrics, everyMs: 30_000 })
  app.setErrorHandler(handleError)
  installCors(app, config.server.cors?.origins)
  // The primary's access log has them, with what became of them.
  const relayed = new WeakSet<FastifyRequest>()
  const isElsewhere = (request: FastifyRequest): boolean => relayed.has(request)
  accessLog(app, { ...services, ...open, isElsewhere })
  app.decorateRequest('handled', null)
  // The fast path knows no headers that depend on Origin.
  if (config.server.cors?.origins === undefined) {
    deps.installFastPath?.(app, services.fastPath, { open, ...deps })
  }

  const relay = createRelay(socketPath)
  const resolveHit = createHitResolver(services)
  const write = createAnswerWriter<StoredResponse>({
    profile: {
      render: ({ entry }, request) =>
        renderStored(entry, request, { nowMs: services.clock.wallMs(), received: undefined }),
      ownHeaders: () => undefined,
    },
    limitHeaders: services.fastPath.limitHeaders,
  })
  app.addHook('onRequest', async (request, reply) => {
    const handled = await resolveHit(request, reply)
    if (handled?.answer === undefined) {
      relayed.add(request)
      reply.hijack()
      relay.pass(request.raw, reply.raw)
    } else {
      request.handled = handled
      write(handled.request, handled.answer as Answer<StoredResponse>, reply)
    }
    return reply
  })
  // No request reaches a handler.
  app.setNotFoundHandler(async () => '')
  app.route({ method: app.supportedMethods, url: '*', handler: async () => '' })
  app.addHook('onClose', async () => services.reader.close())
  return { app, open }
}
