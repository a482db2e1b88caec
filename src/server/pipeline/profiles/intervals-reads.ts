/** The read side of the Intervals cache: what is stored for a request, and what that is worth now. */

import { cacheKey, evaluate, requestDirectives, varyKey } from '../../../cache/index.js'
import type {
  Format,
  Generations,
  Policies,
  ResourceName,
  ResponseStore,
  Share,
  StoredResponse,
  VaryFields,
  Writes,
} from '../../../cache/index.js'
import type { Freshness } from '../../../freshness/index.js'
import type { Clock } from '../../../limits/index.js'
import type { Identity } from '../../authentication/authenticate.js'
import type { CredentialStates } from '../../credentials/credential-state.js'
import type { ProxyRequest } from '../request.js'
import type { ListPages } from './list-pages.js'
import type { CacheRead, Lookup } from './cache-read.js'

export interface IntervalsReadsDeps {
  readonly policies: () => Policies
  readonly store: Pick<ResponseStore, 'get'>
  readonly writes: Pick<Writes, 'caughtUp'> & {
    readonly generations: Pick<Generations, 'isCurrent'>
  }
  readonly varyFields: Pick<VaryFields, 'of'>
  readonly credentials: Pick<CredentialStates, 'refusedAtMs' | 'isAccepted'>
  readonly clock: Pick<Clock, 'wallMs'>
  /** Undefined in a worker: the primary makes the calls that show changes. */
  readonly pages?: Pick<ListPages, 'known'>
  /** How long entries are fresh; undefined: as their policies say. */
  readonly freshness?: Pick<Freshness, 'ttlMs'> | undefined
}

/** What of a request decides what the cache has for it. */
export type CacheQuestion = Pick<ProxyRequest, 'client' | 'directives' | 'target'>

/** `key` says whose answer of which resource in which format. */
export interface IntervalsRead extends CacheRead<StoredResponse> {
  readonly share: Share
  readonly resource: ResourceName
  readonly format: Format
  /** Request headers that the key includes because the upstream's answers vary by them. */
  readonly varyFields: readonly string[]
}

export interface IntervalsReads {
  lookup(request: CacheQuestion & Pick<ProxyRequest, 'format' | 'headers'>): Promise<IntervalsRead>
  /** What is stored under this key. `plain`: without the directives of the request. */
  find(request: CacheQuestion, key: string, plain?: boolean): Promise<Lookup<StoredResponse>>
  /** What a given entry is to this request now. */
  evaluate(request: CacheQuestion, entry: StoredResponse, plain?: boolean): Lookup<StoredResponse>
  /** Whose answers of this resource the client may read. */
  shareOf(client: Pick<Identity, 'principal'>, resource: ResourceName): Share
}

const NO_DIRECTIVES = requestDirectives({})

export function createIntervalsReads(deps: IntervalsReadsDeps): IntervalsReads {
  const { policies, store, writes, credentials, clock, freshness } = deps
  const { generations } = writes

  function evaluated(
    entry: StoredResponse | undefined,
    { client, target, directives }: CacheQuestion,
    plain: boolean,
  ): Lookup<StoredResponse> {
    const resource = resourceOf({ target })
    const policy = policies()[resource]
    const nowMs = clock.wallMs()
    return evaluate(entry, {
      generations,
      account: client.account,
      resource,
      policy,
      directives: plain ? NO_DIRECTIVES : directives,
      nowMs,
      ttlMs: entry && freshness?.ttlMs(entry, target, policy, nowMs),
      floorSeconds: client.floorMs / 1_000,
      refusedAtMs: credentials.refusedAtMs(client.principal.id),
    })
  }

  async function find(
    request: CacheQuestion,
    key: string,
    plain = false,
  ): Promise<Lookup<StoredResponse>> {
    const { account } = request.client
    const resource = resourceOf(request)
    // Of several places, an entry that a write has invalidated in one may be there anew in another.
    const entry = await store.get(key, ({ generation }) =>
      generations.isCurrent(account, resource, generation),
    )
    // Evaluated after the wait, so that a write acknowledged during it counts.
    return evaluated(entry, request, plain)
  }

  /** What another credential fetched is only for credentials that Intervals accepted lately. */
  function shareOf({ principal }: Pick<Identity, 'principal'>, resource: ResourceName): Share {
    const isShared = policies()[resource].share === 'account'
    return isShared && credentials.isAccepted(principal.id) ? 'account' : 'credential'
  }

  return {
    find,
    shareOf,
    evaluate: (request, entry, plain = false) => evaluated(entry, request, plain),
    async lookup(request) {
      const { account, principal } = request.client
      const { target, format = 'json' } = request
      const resource = resourceOf(request)
      const share = shareOf(request.client, resource)
      const varyFields = deps.varyFields.of(resource)
      const vary = varyFields.length === 0 ? undefined : varyKey(varyFields, request.headers)
      const key = cacheKey({ account, principal, share, format, target, vary })
      const behind = writes.caughtUp(account)
      if (behind !== undefined) await behind
      const found = await find(request, key)
      if (found.kind !== 'miss') deps.pages?.known(request, { key, share, format })
      return { key, share, resource, format, varyFields, found }
    },
  }
}

/** Only for requests that the table of resources knows; all others bypass the cache. */
export const resourceOf = ({ target }: Pick<ProxyRequest, 'target'>): ResourceName =>
  target.resource as ResourceName
