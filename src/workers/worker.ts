/**
 * The process of a worker. It is told everything by the primary and ends with it: Node ends a worker
 * whose primary is gone.
 */

import { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../server/clock.js'
import { createLogger } from '../observability/logger.js'
import { requestIds } from '../server/edge/request-ids.js'
import { readTls, reloadTls } from '../server/edge/tls/listener.js'
import { createTally } from './metric-deltas.js'
import type { FromWorker, Orders, ToWorker } from './worker-messages.js'
import { buildWorkerApp } from './worker-app.js'
import { createWorkerServices } from './worker-services.js'

const TELL_EVERY_MS = 1_000
/** For answers that are on their way when it is told to stop, beyond the longest of the upstream. */
const GRACE_MS = 2_000

/** Resolves when it is on its way, or cannot be: then there is no primary either. */
const tell = async (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(message, () => resolve())
  })

async function work(orders: Orders): Promise<void> {
  const { config } = orders
  const clock = systemClock()
  const logger = createLogger(config.log.level)
  const tls = readTls(config)
  const services = createWorkerServices(orders, { clock, log: logger })
  let isStopping = false
  const { app, open } = buildWorkerApp(orders, services, {
    logger,
    requestId: requestIds(),
    isClosing: () => isStopping,
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
    if (isNew) await tell({ kind: 'counted', counts, finished, stored: usage })
  }
  const timer = setInterval(() => void count(), TELL_EVERY_MS)

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
    port: orders.port,
    listenTextResolver: () => 'a worker takes connections',
  })
  const { address, port } = app.server.address() as AddressInfo
  await tell({ kind: 'listening', host: address, port })
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
// Sent to the whole group by a terminal or a service manager; when to end is the primary's to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('message', function begin(message: ToWorker) {
  if (message.kind === 'stop') process.exit(0)
  // What all are told meanwhile is in the orders as well, since they are written later.
  if (message.kind !== 'start') return
  process.off('message', begin)
  work(message.orders).catch(failed)
})
void tell({ kind: 'ready' })
