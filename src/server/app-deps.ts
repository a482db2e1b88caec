/** What the process hands to the app, and a test in its place. */

import type { Disk } from '../cache/index.js'
import type { Clock, Journal, SpendingJournal } from '../limits/index.js'
import type { KeyRecords } from './ports/key-records.js'
import type { OpenFile } from './ports/open-file.js'
import type { Install } from './ports/features.js'
import type { PipelineFeatures } from './ports/pipeline-features.js'
import type { SharedState } from './ports/shared-state.js'
import type { WorkerPool } from './ports/worker-pool.js'
import type { LogOutput } from '../observability/log-output.js'
import type { Tracing } from '../observability/tracing-port.js'

/** Everything that is not in the configuration. */
export interface AppDeps {
  readonly clock: Clock
  readonly journal: Journal
  /** Who spent what; without it that is in memory only. */
  readonly spending?: SpendingJournal
  /** Opens a file of the data directory for an optional feature; without it there is no directory. */
  readonly openFile?: OpenFile
  /** Key for the hashes of credentials, at least 32 bytes; the same across restarts. */
  readonly secret: () => Uint8Array
  /** How to start where the journal has no history. */
  readonly newDisk: 'full' | 'idle'
  /** What several replicas share; then it takes the place of `journal`, `disk` and `idempotency`. */
  readonly shared?: SharedState
  /** Where answers outlive the process; without it they are in memory only. */
  readonly disk?: Disk
  readonly workers?: Pick<WorkerPool, 'shareOf' | 'usage' | 'serveWorkers'>
  /** What is known of idempotency keys, and until when some of it is lost; without it memory only. */
  readonly idempotency?: {
    readonly records: KeyRecords
    readonly inDoubtUntilMs?: number | (() => number)
  }
  /** Contents of upstream.ca, as they are now. */
  readonly upstreamCa?: () => string
  readonly version: string
  /** Where log lines go, if they can be lost on the way. */
  readonly logOutput?: Pick<LogOutput, 'onDropped' | 'dropping'>
  /** Pages and listeners around the core; by default none. */
  readonly installs?: readonly Install[]
  /** What optional features add to the pipeline; by default nothing. */
  readonly features?: PipelineFeatures
  /** By default nothing is traced. */
  readonly tracing?: Tracing
  /** Whether there is more to do than can be done. By default as measured, see overload.ts. */
  readonly isUnderPressure?: () => boolean
  /** Between two looks at what each connection has got done, milliseconds. By default 5 and 30 s. */
  readonly connectionLookMs?: number
}
