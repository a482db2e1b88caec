/** Processes that answer cache hits for this one, and relay everything else to it; see src/workers. */

import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Disk, StoreUsage } from '../../cache/index.js'
import type { Config } from '../../config/schema.js'
import type { Ledger } from '../../limits/index.js'
import type { Metrics } from '../../observability/metrics.js'
import type { RequestRecorder } from '../../observability/request-recorder.js'

export interface WorkerPool {
  /** The part of a limit on memory that this process keeps; each worker has as much. Bytes. */
  shareOf(bytes: number): number
  /** What all workers keep in memory. */
  usage(): StoreUsage
  /** The server takes connections from workers only. Before it listens. */
  serveWorkers(server: Server): void
  /**
   * Starts the workers. Resolves to the URL that clients use, once all workers listen.
   *
   * @throws StartRefusedError without a place for the socket; Error with the code of `listen` when a
   *   worker cannot listen
   */
  listen(app: FastifyInstance, core: WorkerCore): Promise<string>
  configure(config: Config): void
  /** A change could not be written where workers read it. Resolves when none of them answers any more. */
  distrust(): Promise<void>
  stop(): Promise<void>
}

/** What the primary's process hands to its workers, and takes from them. */
export interface WorkerCore {
  readonly config: Config
  readonly deps: {
    readonly secret: () => Uint8Array
    readonly version: string
    readonly disk?: Disk
  }
  readonly ledger: Pick<Ledger, 'remaining' | 'usage'>
  readonly metrics: Metrics
  readonly requests: Pick<RequestRecorder, 'merge'>
}
