/** What a worker has of the services: to read, to answer, to count. Nothing that spends or writes. */

import { createPrincipals, openDiskReader } from '../cache/index.js'
import type { DiskReader } from '../cache/index.js'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../limits/index.js'
import type { Config } from '../config/schema.js'
import type { HitServices } from '../fast-path/look.js'
import { runtimeConfigOf } from '../server/runtime-config.js'
import { createMetrics } from '../observability/metrics.js'
import type { Metrics } from '../observability/metrics.js'
import { createRequestRecorder } from '../observability/request-recorder.js'
import type { RequestRecorder } from '../observability/request-recorder.js'
import type { Asking } from '../server/proxy/exchange-of.js'
import type { LimitUsage } from '../server/proxy/limit-headers.js'
import type { Reading } from '../server/proxy/read.js'
import { ACCEPTED_FOR_MS } from '../server/proxy/note-credential.js'
import type { WorkerConfig } from './worker-messages.js'

export interface WorkerServices extends Asking, Reading, HitServices {
  readonly config: Config
  readonly reader: DiskReader
  readonly store: DiskReader['store']
  readonly metrics: Metrics
  readonly requests: RequestRecorder
  /** Whether everything that could forbid an answer from the cache is known here. */
  isInformed(): boolean
  /** Was the last thing that the upstream said to this credential a refusal? */
  isRefused(principalId: string): boolean
  configure(config: Config, edition: string): void
  setUsage(usage: LimitUsage): void
}

export function createWorkerServices(
  worker: WorkerConfig,
  { clock, log }: { readonly clock: Clock; readonly log: FastifyBaseLogger },
): WorkerServices {
  const metrics = createMetrics()
  const reader = openDiskReader({ path: worker.file, maxBytes: worker.maxBytes })
  let { edition, usage } = worker
  let runtime = runtimeConfigOf(worker.config)
  let usageAtMs = clock.monotonicMs()

  function isRefused(principalId: string): boolean {
    const { acceptedAtMs = -Infinity, refusedAtMs } = reader.credentialState(principalId) ?? {}
    return refusedAtMs !== undefined && refusedAtMs >= acceptedAtMs
  }

  return {
    get config() {
      return runtime.config
    },
    get policies() {
      return runtime.policies
    },
    get gateway() {
      return runtime.gateway
    },
    deps: { clock },
    log,
    reader,
    metrics,
    requests: createRequestRecorder({ log, metrics, wallMs: () => clock.wallMs() }),
    principals: createPrincipals({ secret: worker.secret }),
    // Who is not let in goes to the primary: it counts the failures of each address.
    failures: { closedForMs: () => undefined, failed() {} },
    store: reader.store,
    generations: reader.generations,
    // The file has been looked at when the request came.
    writes: { caughtUp: () => undefined },
    accepted: {
      has(principalId) {
        const { acceptedAtMs = -Infinity } = reader.credentialState(principalId) ?? {}
        const agoMs = clock.wallMs() - acceptedAtMs
        return agoMs >= 0 && agoMs < ACCEPTED_FOR_MS
      },
    },
    // For how long is the primary's to say.
    gate: { closedForMs: (principalId) => (isRefused(principalId) ? Infinity : undefined) },
    // The primary has seen the credential of whatever is stored.
    quota: { offer() {} },
    revoked: { get: (principalId) => reader.credentialState(principalId)?.refusedAtMs },
    ledger: {
      usage() {
        const agoMs = clock.monotonicMs() - usageAtMs
        const { window, days } = usage
        const releasesInMs = window.releasesInMs.map((inMs) => Math.max(0, inMs - agoMs))
        return { window: { ...window, releasesInMs }, days }
      },
    },
    isInformed() {
      if (worker.isRelayingAll) return false
      reader.refresh()
      return reader.edition() === edition
    },
    isRefused,
    configure(config, newEdition) {
      runtime = runtimeConfigOf(config)
      edition = newEdition
    },
    setUsage(next) {
      usage = next
      usageAtMs = clock.monotonicMs()
    },
  }
}
