/**
 * The process of a worker. The primary sends its configuration, and Node ends a worker whose primary is
 * gone.
 */

import { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FEATURES } from '../features.js'
import { systemClock } from '../server/clock.js'
import { createLogger } from '../observability/logger.js'
import { requestIds } from '../server/edge/request-ids.js'
import { readTls, reloadTls } from '../server/edge/tls/listener.js'
import { createTally } from './metric-deltas.js'
import type { FromWorker, WorkerConfig, ToWorker } from './worker-messages.js'
import { buildWorkerApp } from './worker-app.js'
import { createWorkerServices } from './worker-services.js'

const REPORT_EVERY_MS = 1_000
/** Beyond upstream.timeout, for answers in flight when the primary says stop. */
const GRACE_MS = 2_000
/** For the last log lines. */
const DRAIN_LOG_WITHIN_MS = 500

/** Resolves when the message is sent, or cannot be because the primary is gone. */
const send = async (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(message, () => resolve())
  })

async function work(worker: WorkerConfig): Promise<void> {
  const { config } = worker
  const clock = systemClock()
  const { logger, output } = createLogger({ level: config.log.level })
  const tls = readTls(config)
  const services = createWorkerServices(worker, { clock, log: logger })
  output.onDropped(() => services.metrics.logLinesDropped.inc())
  let isStopping = false
  const { app, open } = buildWorkerApp(worker, services, {
    logger,
    requestId: requestIds(),
    isClosing: () => isStopping,
    ...FEATURES.pipeline,
    ...(tls !== undefined && { tls: tls.pair }),
  })
  if (tls !== undefined) reloadTls(app, tls, clock)
  const tally = createTally(services.metrics)
  let stored = ''
  const count = async (): Promise<void> => {
    const counts = await tally()
    const usage = services.reader.store.usage()
    const seen = JSON.stringify(usage)
    const isNew = counts.length > 0 || seen !== stored
    stored = seen
    const finished = services.requests.take()
    if (isNew) await send({ kind: 'counted', counts, finished, stored: usage })
  }
  const timer = setInterval(() => void count(), REPORT_EVERY_MS)

  async function stop(): Promise<void> {
    if (isStopping) return
    isStopping = true
    app.server.close()
    for (const response of open.all) if (response instanceof ServerResponse) endAfter(response)
    app.server.on('request', (_request, response) => endAfter(response))
    const late = new Promise<void>((resolve) =>
      setTimeout(resolve, config.upstream.timeout + GRACE_MS).unref(),
    )
    await Promise.race([open.untilNone(), late])
    clearInterval(timer)
    await count()
    await output.drained(DRAIN_LOG_WITHIN_MS)
    process.exit(0)
  }

  process.on('message', (message: ToWorker) => {
    if (message.kind === 'configuration') {
      services.configure(message.config, message.edition)
      logger.level = message.config.log.level
    } else if (message.kind === 'usage') services.setUsage(message.usage)
    else if (message.kind === 'stop') void stop()
  })
  await app.listen({
    host: config.server.host,
    port: worker.port,
    listenTextResolver: () => 'a worker takes connections',
  })
  const { address, port } = app.server.address() as AddressInfo
  await send({ kind: 'listening', host: address, port })
}

/** The connection ends with the answer. */
function endAfter(response: { shouldKeepAlive: boolean; readonly headersSent: boolean }): void {
  if (!response.headersSent) response.shouldKeepAlive = false
}

function failed(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException
  process.send?.({ kind: 'failed', code, message } satisfies FromWorker, () => process.exit(1))
}

process.umask(0o077)
// A terminal or a service manager signals the whole group, but the primary decides when workers end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('message', function begin(message: ToWorker) {
  if (message.kind === 'stop') process.exit(0)
  // The configuration is newer than anything sent to all workers before.
  if (message.kind !== 'start') return
  process.off('message', begin)
  work(message.worker).catch(failed)
})
void send({ kind: 'ready' })
