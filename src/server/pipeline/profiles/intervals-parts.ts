/** The cache of the profile `intervals`: its stores, its generations, and what is installed around them. */

import type { FastifyBaseLogger } from 'fastify'
import { createPurges, createVaryFields, createWrites } from '../../../cache/index.js'
import type { ResponseStore, StoredResponse, Writes } from '../../../cache/index.js'
import type { Freshness } from '../../../freshness/index.js'
import type { Config } from '../../../config/schema.js'
import type { Metrics } from '../../../observability/metrics.js'
import type { AppDeps } from '../../app-deps.js'
import type { CredentialStates } from '../../credentials/credential-state.js'
import type { RuntimeConfig } from '../../runtime-config.js'
import type { CacheParts } from '../cache-parts.js'
import { classifyIntervals, intervalsProfile } from './intervals.js'
import type { IntervalsCache } from './intervals.js'
import { createResponseStore } from './response-store.js'
import { createUpstreamOverrides } from './upstream-overrides.js'

export interface IntervalsParts extends CacheParts<StoredResponse> {
  readonly cache: IntervalsCache
  readonly store: Pick<ResponseStore, 'getNow'>
  readonly writes: Pick<Writes, 'caughtUp'>
}

export interface IntervalsPartsDeps {
  readonly runtime: Pick<RuntimeConfig, 'policies'>
  readonly credentials: CredentialStates
  readonly metrics: Pick<Metrics, 'cacheEvictions'>
  readonly freshness: Freshness
  readonly log: FastifyBaseLogger
}

export function createIntervalsCache(
  config: Config,
  deps: AppDeps,
  { runtime, credentials, freshness, metrics, log }: IntervalsPartsDeps,
): IntervalsParts {
  const { clock, shared, disk } = deps
  const onEvict = (): void => metrics.cacheEvictions.inc()
  const { memory, store } = createResponseStore(config, deps, { log, onEvict })
  const sharedWrites = shared?.createWrites((selection) => purges.heard(selection ?? {}))
  const writes =
    sharedWrites ??
    createWrites(disk?.generations, {
      settleMs: config.cache.writeSettle,
      monotonicMs: () => clock.monotonicMs(),
      startTimer(run, afterMs) {
        const timer = setTimeout(run, afterMs).unref()
        return () => clearTimeout(timer)
      },
    })
  const purges = createPurges(
    store,
    shared === undefined || sharedWrites === undefined
      ? {}
      : { memory, announce: (selection) => shared.announce(sharedWrites, selection) },
  )
  const policies = () => runtime.policies
  const onStoreError = (error: unknown): void =>
    log.error({ err: error }, 'an answer could not be stored; it is served all the same')
  const { upstreamDirectives } = config.cache
  const overrides = createUpstreamOverrides(
    () => clock.wallMs(),
    (resource, directives) =>
      log.info(
        { resource, directives },
        'stored against headers of Intervals, because cache.upstreamDirectives is ignore; /-/status lists the resources',
      ),
  )
  const profile = intervalsProfile({
    varyFields: createVaryFields(),
    upstreamDirectives,
    overrides,
    policies,
    store,
    writes,
    purges,
    credentials,
    freshness,
    clock,
    onStoreError,
    maxEntryBytes: config.cache.maxEntrySize,
  })
  return {
    profile,
    classify: classifyIntervals(policies),
    knowsResources: true,
    credentials,
    purges,
    sharedFlights: shared?.flights,
    unselectable: [],
    interimTo: undefined,
    install: (call) =>
      deps.features?.installListRevalidation?.({ profile, store, purges, call, clock, log }) ?? {
        layers: {},
      },
    usage: () => ({ ...store.usage(), overridden: overrides.usage() }),
    async close() {
      writes.close()
      await store.close()
      await disk?.close()
      shared?.flights.close()
    },
    cache: profile,
    store,
    writes,
  }
}
