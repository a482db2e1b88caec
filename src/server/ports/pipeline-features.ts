/** What optional features add to the pipeline; each is a folder, and a line in src/features.ts. */

import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Policies, ResponseStore, StoredResponse, Writes } from '../../cache/index.js'
import type { Clock } from '../../limits/index.js'
import type { Metrics } from '../../observability/metrics.js'
import type { RequestRecorder } from '../../observability/request-recorder.js'
import type { CredentialStates } from '../credentials/credential-state.js'
import type { OpenResponses } from '../edge/connections/open-responses.js'
import type { InstalledFeatures } from '../pipeline/cache-parts.js'
import type { Layer } from '../pipeline/layer.js'
import type { LimitHeadersOf } from '../pipeline/limit-headers.js'
import type { IntervalsCache } from '../pipeline/profiles/intervals.js'
import type { IntervalsReads } from '../pipeline/profiles/intervals-reads.js'
import type { CacheProfile } from '../pipeline/profiles/profile.js'
import type { CallUpstream } from '../pipeline/upstream-call.js'
import type { Purges } from '../../cache/index.js'
import type { KeyRecords } from './key-records.js'
import type { RuntimeConfig } from '../runtime-config.js'

export interface PipelineFeatures {
  /** A write with Idempotency-Key is sent once. */
  readonly installIdempotency?: (core: IdempotencyCore) => InstalledIdempotency
  /** A fetched list proves its rows, or similar lists. */
  readonly installListRevalidation?: (
    core: ListRevalidationCore,
  ) => InstalledFeatures<StoredResponse>
  /** Hits before Fastify. */
  readonly installFastPath?: (
    app: FastifyInstance,
    ports: FastPathPorts,
    options: FastPathOptions,
  ) => void
}

export interface IdempotencyCore {
  readonly clock: Clock
  /** Key of the hashes under which keys are kept. */
  readonly secret: () => Uint8Array
  /** What is known of earlier keys, and until when some of it is lost. Undefined: memory only. */
  readonly kept:
    { readonly records: KeyRecords; readonly inDoubtUntilMs?: number | (() => number) } | undefined
  readonly runtime: Pick<RuntimeConfig, 'config'>
  readonly metrics: Pick<Metrics, 'idempotentRequests'>
  readonly log: FastifyBaseLogger
}

export interface InstalledIdempotency {
  readonly layer: <E>() => Layer<E>
  /** Keys that are remembered. */
  keys(): number
  /** Resolves when no request under a key is in flight. */
  whenIdle(): Promise<void>
  close(): Promise<void>
}

export interface ListRevalidationCore {
  readonly profile: CacheProfile<StoredResponse> & IntervalsCache
  readonly store: Pick<ResponseStore, 'get' | 'set'>
  readonly purges: Pick<Purges, 'count'>
  readonly call: CallUpstream
  readonly clock: Clock
  readonly log: Pick<FastifyBaseLogger, 'error'>
}

/** What the fast path needs of the process; one that only answers hits has no more. */
export interface FastPathPorts {
  /** What was learnt under one configuration is forgotten under the next. */
  readonly runtime: { readonly config: object; readonly policies: Policies }
  readonly cache: Pick<IntervalsReads, 'evaluate' | 'shareOf' | 'lookup'>
  readonly store: Pick<ResponseStore, 'getNow'>
  readonly writes: Pick<Writes, 'caughtUp'>
  readonly credentials: Pick<CredentialStates, 'closedForMs'>
  readonly limitHeaders: LimitHeadersOf
  readonly requests: Pick<RequestRecorder, 'record'>
  readonly clock: Pick<Clock, 'wallMs'>
  /** False while this worker's view may lag behind the primary. Default: never. */
  readonly isInformed?: () => boolean
}

export interface FastPathOptions {
  readonly open: OpenResponses
  readonly isClosing: () => boolean
  readonly requestId: (raw: Pick<IncomingMessage, 'headers'>) => string
}
