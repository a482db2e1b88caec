/** What a worker needs to read entries, answer with them and count. None of it spends calls or writes. */

import type { FastifyBaseLogger } from 'fastify'
import { createPrincipals, createVaryFields, openDiskReader } from '../cache/index.js'
import type { DiskReader } from '../cache/index.js'
import type { Clock, Remaining } from '../limits/index.js'
import type { FastPathPorts } from '../server/ports/pipeline-features.js'
import { createMetrics } from '../observability/metrics.js'
import type { Metrics } from '../observability/metrics.js'
import { createRequestRecorder } from '../observability/request-recorder.js'
import type { RequestRecorder } from '../observability/request-recorder.js'
import type { LettingIn } from '../server/authentication/authenticate.js'
import { ACCEPTED_FOR_MS } from '../server/credentials/credential-state.js'
import type { CredentialStates } from '../server/credentials/credential-state.js'
import { createLimitHeaders } from '../server/pipeline/limit-headers.js'
import { createIntervalsReads } from '../server/pipeline/profiles/intervals-reads.js'
import { createRuntimeConfig } from '../server/runtime-config.js'
import type { RuntimeConfig } from '../server/runtime-config.js'
import type { LimitUsage, WorkerConfig } from './worker-messages.js'

export interface WorkerServices {
  readonly runtime: RuntimeConfig
  readonly reader: DiskReader
  readonly metrics: Metrics
  readonly requests: RequestRecorder
  readonly authentication: LettingIn
  readonly fastPath: FastPathPorts & Required<Pick<FastPathPorts, 'isInformed'>>
  readonly clock: Clock
  configure(config: RuntimeConfig['config'], edition: string): void
  setUsage(usage: LimitUsage): void
}

export function createWorkerServices(
  given: WorkerConfig,
  { clock, log }: { readonly clock: Clock; readonly log: FastifyBaseLogger },
): WorkerServices {
  const metrics = createMetrics()
  const requests = createRequestRecorder({ log, metrics, wallMs: () => clock.wallMs() })
  const reader = openDiskReader({ path: given.file, maxBytes: given.maxBytes })
  const runtime = createRuntimeConfig(given.config)
  const principals = createPrincipals({ secret: () => given.secret })
  const credentials = credentialsOf(reader, clock)
  let { edition, usage } = given
  let usageAtMs = clock.monotonicMs()

  function remaining(account: string): Remaining {
    const agoMs = clock.monotonicMs() - usageAtMs
    const { window, days } = usage
    const nextInMs = Math.max(0, window.nextInMs - agoMs)
    return { window: { ...window, nextInMs }, day: days[account] }
  }

  const { store } = reader
  // The file is read again when a request arrives, see isInformed.
  const writes = { generations: reader.generations, caughtUp: () => undefined }
  return {
    runtime,
    reader,
    metrics,
    requests,
    clock,
    authentication: {
      metrics,
      principals,
      clock,
      clients: () => runtime.clients,
      // Unknown clients are passed to the primary, which counts the failures of each address.
      failures: { closedForMs: () => undefined, failed() {} },
    },
    fastPath: {
      runtime,
      store,
      writes,
      credentials,
      requests,
      clock,
      cache: createIntervalsReads({
        policies: () => runtime.policies,
        store,
        writes,
        credentials,
        clock,
        // A worker learns of none: what varies by more is relayed.
        varyFields: createVaryFields(),
      }),
      limitHeaders: createLimitHeaders(remaining, clock),
      isInformed() {
        if (given.isRelayingAll) return false
        reader.refresh()
        return reader.edition() === edition
      },
    },
    configure(config, newEdition) {
      runtime.reload(config)
      edition = newEdition
    },
    setUsage(next) {
      usage = next
      usageAtMs = clock.monotonicMs()
    },
  }
}

/** What the primary has written about each credential. */
function credentialsOf(
  reader: Pick<DiskReader, 'credentialState'>,
  clock: Pick<Clock, 'wallMs'>,
): Pick<CredentialStates, 'closedForMs' | 'refusedAtMs' | 'isAccepted'> {
  return {
    // For how long is for the primary to say.
    closedForMs(id) {
      const { acceptedAtMs = -Infinity, refusedAtMs } = reader.credentialState(id) ?? {}
      return refusedAtMs !== undefined && refusedAtMs >= acceptedAtMs ? Infinity : undefined
    },
    refusedAtMs: (id) => reader.credentialState(id)?.refusedAtMs ?? -Infinity,
    isAccepted(id) {
      const { acceptedAtMs = -Infinity } = reader.credentialState(id) ?? {}
      const agoMs = clock.wallMs() - acceptedAtMs
      return agoMs >= 0 && agoMs < ACCEPTED_FOR_MS
    },
  }
}
