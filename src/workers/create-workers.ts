/** The workers of a primary, as the core sees them. */

import type { Config } from '../config/schema.js'
import type { Clock } from '../limits/index.js'
import { listeningLine } from '../server/listening-line.js'
import type { WorkerPool } from '../server/ports/worker-pool.js'
import { takePeersFromWorkers } from './relayed-peer.js'
import { claimSocketPath } from './socket-path.js'
import { createSupervisor } from './supervisor.js'
import type { SupervisorDeps } from './supervisor.js'
import { bytesOf, workerCount } from './worker-shares.js'

export interface WorkerDeps extends Pick<SupervisorDeps, 'log' | 'forwardLog'> {
  readonly clock: Clock
}

/** Undefined where one process does everything. */
export function createWorkers(
  config: Config,
  { log, clock, forwardLog }: WorkerDeps,
): WorkerPool | undefined {
  const count = workerCount(config)
  if (count <= 1) return undefined
  const supervisor = createSupervisor(
    { config, count },
    { log, monotonicMs: () => clock.monotonicMs(), forwardLog },
  )
  return {
    ...supervisor,
    shareOf: (bytes) => bytesOf(bytes, count),
    serveWorkers: takePeersFromWorkers,
    async listen(app, core) {
      const socketPath = claimSocketPath(config.store.dir)
      // Workers stop first, because they relay requests until then.
      app.addHook('preClose', async () => supervisor.stop())
      await app.listen({ path: socketPath, listenTextResolver: () => 'ready for workers' })
      const { host, port } = await supervisor.start(core, socketPath)
      const scheme = config.server.tls?.cert === undefined ? 'http' : 'https'
      const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
      log.info(`${listeningLine(url, config)}, with ${count} workers`)
      return url
    },
  }
}
