/**
 * The proxy as a function of its configuration: everything is made and registered here, in order. Never
 * listens, never reads the environment; see serve.ts for the process around it.
 *
 * Fastify is the server, @fastify/under-pressure measures overload; src/server/pipeline says what happens
 * to a request. What is installed by one line can be left out: delete the line and its folder.
 */

import type { Socket } from 'node:net'
import underPressure from '@fastify/under-pressure'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createPrincipals } from '../cache/index.js'
import type { Config } from '../config/schema.js'
import { accessLog } from '../observability/access-log.js'
import { createEvents } from '../observability/events.js'
import { createMetrics } from '../observability/metrics.js'
import type { Metrics } from '../observability/metrics.js'
import { createReachability } from '../observability/reachability.js'
import { createRequestRecorder } from '../observability/request-recorder.js'
import { createStateLog } from '../observability/state-log.js'
import { adminPlugin } from './admin/plugin.js'
import { probes } from './admin/probes.js'
import { statusOf } from './admin/build-status.js'
import type { AppDeps } from './app-deps.js'
import { createLimits } from './budgets/create-limits.js'
import { refuseAmbiguous } from './edge/ambiguity.js'
import { limitConnections } from './edge/connections/limit.js'
import { installCors } from './edge/cors.js'
import { oneAtATime } from './edge/connections/one-at-a-time.js'
import { openResponses } from './edge/connections/open-responses.js'
import { cutSlowReaders } from './edge/connections/slow-readers.js'
import { trustedPeers } from './edge/connections/trusted-peers.js'
import { createOverload, pressureOptions } from './edge/overload.js'
import { requestIds } from './edge/request-ids.js'
import type { TlsPair } from '../config/tls-pair.js'
import { handleError, refuseRaw } from './errors/error-handler.js'
import { ProblemError } from './errors/problems.js'
import { createHealth } from './health.js'
import { createListener } from './listener.js'
import { createCalls } from './pipeline/calls.js'
import type { CorePorts } from './ports/features.js'
import type { WorkerCore } from './ports/worker-pool.js'
import { createProxyPipeline } from './pipeline/assemble.js'
import { createRuntimeConfig } from './runtime-config.js'
import { createPacedDays } from './freshness/pace-days.js'
import type { RuntimeConfig } from './runtime-config.js'
import { shutdownOnClose } from './shutdown.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The configuration in force; `reload` replaces it. */
    runtime: RuntimeConfig
    /** What workers are told and add to. */
    primary: Pick<WorkerCore, 'ledger' | 'metrics' | 'requests'>
  }
}

export async function buildApp(
  config: Config,
  deps: AppDeps & { readonly logger?: FastifyBaseLogger; readonly tls?: TlsPair },
): Promise<FastifyInstance> {
  const { clock, tracing, workers } = deps
  const requestId = requestIds()
  const app = createListener(config, { ...deps, isBehindWorkers: workers !== undefined, requestId })
  await tracing?.install(app)
  await app.register(underPressure, pressureOptions(config))
  const made = makeParts(app, config, deps)
  const { runtime, metrics, requests, overload, events, limits, idempotency, pipeline, state } =
    made
  const { ledger, queue, budgets } = limits
  app.decorate('runtime', runtime)
  app.decorate('primary', { ledger, metrics, requests })

  guardConnections(app, config, { metrics, workers })
  const open = openResponses(app)
  cutSlowReaders(app, open, { ...metrics, everyMs: deps.connectionLookMs ?? 30_000 })
  app.setErrorHandler(handleError)
  app.decorateRequest('handled', null)
  installCors(app, config.server.cors?.origins)
  accessLog(app, { metrics, requests, ...open })
  tracing?.watch(open)
  for (const install of deps.installs ?? []) await install(app, corePorts(deps, made))
  const isClosing = shutdownOnClose(app, {
    open,
    upstreamTimeoutMs: config.upstream.timeout,
    stopAdmitting: async () => {
      made.calls.stopChecking()
      await queue.close()
    },
    untilIdle: async () => idempotency?.whenIdle(),
    // Calls in flight are cut and settled before the ledger is closed.
    parts: [
      made.health,
      createStateLog({ ledger, overload, clock, log: app.log }),
      queue,
      pipeline,
      made.calls,
      made.days,
      idempotency,
      pipeline.cache,
      budgets,
      ledger,
      deps.shared,
      tracing,
    ],
  })
  // It knows no Origin: answers to browsers take the slow path.
  if (config.server.cors?.origins === undefined) {
    pipeline.installFastPath?.(app, { open, isClosing, requestId })
  }
  await app.register(probes, { isClosing, health: made.health })
  await app.register(adminPlugin, {
    state,
    spending: { spending: limits.spending, clock },
    explain: { ...pipeline, runtime, clock, principals: made.principals },
    pauses: { ledger, events, runtime },
    cache: pipeline.cache,
  })
  await app.register(pipeline.routes)
  return app
}

/** Everything that is made once from the configuration; a reload replaces what `runtime` holds. */
function makeParts(app: FastifyInstance, config: Config, deps: AppDeps) {
  const { clock, secret, version, features = {} } = deps
  const { log } = app
  const runtime = createRuntimeConfig(config, log)
  const metrics = createMetrics()
  deps.logOutput?.onDropped(() => metrics.logLinesDropped.inc())
  const events = createEvents()
  const days = createPacedDays({ runtime, clock, openFile: deps.openFile, log })
  const requests = createRequestRecorder({
    log,
    metrics,
    wallMs: () => clock.wallMs(),
    onRecord: (request, answer) => days.record(request, answer),
  })
  const reachability = createReachability(() => clock.wallMs())
  const overload = createOverload(deps.isUnderPressure ?? (() => app.isUnderPressure()), metrics)
  const onCall = (change: 1 | -1): void => requests.recordCall(change)
  const limits = createLimits(config, deps, { runtime, events, log, onCall })
  const { ledger, queue, budgets } = limits
  days.follow(ledger)
  const { freshness } = days
  const principals = createPrincipals({ secret })
  const core = { runtime, limits, principals, overload, metrics, log }
  const calls = createCalls(config, deps, { ...core, events, reachability })
  const idempotency = features.installIdempotency?.({
    ...core,
    clock,
    secret,
    kept: deps.shared?.idempotency ?? deps.idempotency,
  })
  const pipeline = createProxyPipeline(deps, {
    ...core,
    freshness,
    calls,
    requests,
    idempotency,
  })
  const { logOutput } = deps
  const health = createHealth({
    disk: deps.disk,
    ledger,
    budgets,
    freshness,
    overload,
    reachability,
    logOutput,
    events,
    clock,
  })
  const keys = (): number => idempotency?.keys() ?? 0
  const figures = { freshness, ledger, queue, budgets, requests, metrics, keys, health }
  const shown = { version, clock, runtime, ...figures }
  return {
    ...core,
    events,
    requests,
    health,
    calls,
    days,
    idempotency,
    pipeline,
    state: { ...shown, pipeline },
  }
}

const corePorts = (
  { clock, shared, openFile }: AppDeps,
  { runtime, events, requests, limits, state }: ReturnType<typeof makeParts>,
): CorePorts => ({
  clock,
  events,
  requests,
  ledger: limits.ledger,
  queue: limits.queue,
  config: () => runtime.config,
  status: () => statusOf(state),
  accounts: () => runtime.clients.accounts,
  isReplica: shared !== undefined,
  openFile,
})

/** What guards the sockets, before any request is looked at. */
function guardConnections(
  app: FastifyInstance,
  config: Config,
  { metrics, workers }: { readonly metrics: Metrics; readonly workers: AppDeps['workers'] },
): void {
  if (workers !== undefined) workers.serveWorkers(app.server)
  else {
    const { maxConnections, trustProxy = [] } = config.server
    limitConnections(app, metrics, { maxConnections, isTrusted: trustedPeers(trustProxy) })
  }
  app.server.on('connect', (_request, socket: Socket) => {
    refuseRaw(socket, new ProblemError('METHOD_NOT_FORWARDED'))
    socket.destroy()
  })
  oneAtATime(app, metrics)
  app.addHook('onRequest', refuseAmbiguous)
}
