/** What optional features offer to the core, and what the core offers to them. */

import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { AdmissionQueue, Clock, Ledger } from '../../limits/index.js'
import type { Config } from '../../config/schema.js'
import type { Events } from '../../observability/events.js'
import type { OwnLog } from '../../observability/logger.js'
import type { RequestRecorder } from '../../observability/request-recorder.js'
import type { Tracing } from '../../observability/tracing-port.js'
import type { Finding } from '../../report/doctor-finding.js'
import type { Status } from '../../report/status-report.js'
import type { DataDir } from '../data-dir/data-dir.js'
import type { KeyRecords } from './key-records.js'
import type { PipelineFeatures } from './pipeline-features.js'
import type { OpenFile } from './open-file.js'
import type { SharedState } from './shared-state.js'
import type { WorkerPool } from './worker-pool.js'

/** The features of a build, see src/features.ts. A feature that is left out is not there. */
export interface Features {
  /** Pages and listeners around the core. */
  readonly installs: readonly Install[]
  readonly pipeline: PipelineFeatures
  /** Resolves to undefined where the environment asks for no traces. */
  readonly openTracing?: (
    env: Readonly<Record<string, string | undefined>>,
  ) => Promise<Tracing | undefined>
  /** Undefined where one process does everything. */
  readonly createWorkers?: (
    config: Config,
    deps: {
      readonly log: FastifyBaseLogger
      readonly clock: Clock
      readonly forwardLog: OwnLog['forward']
    },
  ) => WorkerPool | undefined
  /** Loaded only where `store.redis` is set. */
  readonly loadRedis?: () => Promise<RedisFeature>
  /** Keeps idempotency keys in the data directory; without it they are in memory. */
  readonly openKeyRecords?: (
    dataDir: DataDir,
    deps: { readonly log: FastifyBaseLogger; readonly clock: Clock },
  ) => { readonly records: KeyRecords; readonly inDoubtUntilMs: number }
}

/** Called once, before the hook that waits for open responses when the app closes. */
export type Install = (app: FastifyInstance, core: CorePorts) => void | Promise<void>

export interface CorePorts {
  readonly clock: Clock
  readonly events: Pick<Events, 'subscribe'>
  readonly requests: RequestRecorder
  readonly ledger: Pick<Ledger, 'usage'>
  readonly queue: Pick<AdmissionQueue, 'usage'>
  /** As configured now. */
  readonly config: () => Pick<Config, 'server' | 'notify'>
  readonly status: () => Status
  readonly accounts: () => readonly string[]
  /** Several replicas share the budgets; the figures of requests are those of this one. */
  readonly isReplica: boolean
  /** Undefined: there is no data directory. */
  readonly openFile: OpenFile | undefined
}

export interface RedisFeature {
  /**
   * @throws StartRefusedError when Redis cannot be used, or while another proxy uses store.dir
   */
  readonly openSharedState: (
    config: Config,
    deps: { readonly clock: Clock; readonly log: FastifyBaseLogger; readonly url: string },
  ) => Promise<SharedState>
  /** For the command `doctor`. */
  readonly checkRedis: (url: string) => Promise<readonly Finding[]>
}
