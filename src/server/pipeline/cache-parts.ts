/** The cache of one profile, as the pipeline and the pages under `/-/` use it. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PurgeSelection, Purges, SharedFlights, StoreUsage } from '../../cache/index.js'
import type { CredentialStates } from '../credentials/credential-state.js'
import type { Classify } from './arrival.js'
import type { OptionalLayers } from './pipeline.js'
import type { CacheRead } from './profiles/cache-read.js'
import type { CacheProfile } from './profiles/profile.js'
import type { OverrideUsage } from './profiles/upstream-overrides.js'
import type { ProxyRequest } from './request.js'
import type { CallUpstream } from './upstream-call.js'

export interface CacheParts<E> {
  readonly profile: CacheProfile<E>
  readonly classify: Classify
  readonly knowsResources: boolean
  /** Whether a credential that the upstream refused is held back for a while. */
  readonly credentials: Pick<CredentialStates, 'closedForMs'>
  readonly purges: Purges
  /** One call for equal requests at several replicas; undefined where there is one. */
  readonly sharedFlights: SharedFlights | undefined
  /** Fields of a purge that this cache cannot select by. */
  readonly unselectable: readonly (keyof PurgeSelection)[]
  /** Undefined: 1xx responses are dropped. */
  readonly interimTo:
    ((request: FastifyRequest, reply: FastifyReply) => ProxyRequest['interim']) | undefined
  /** What the optional features of this cache add to the pipeline. */
  readonly install: (call: CallUpstream) => InstalledFeatures<E>
  usage(): CacheUsage
  close(): Promise<void>
}

export interface CacheUsage extends StoreUsage {
  /** Resources that are stored although the upstream's headers forbid it. */
  readonly overridden?: OverrideUsage | undefined
}

export interface InstalledFeatures<E> {
  readonly layers: Partial<OptionalLayers<E>>
  /** What those layers would find out, without storing it: for `/-/explain`. */
  readonly peek?: (request: ProxyRequest, read: CacheRead<E>) => Promise<CacheRead<E>>
}
