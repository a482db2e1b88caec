/**
 * Lists that expired, or that a write dropped, and that are asked for together: one list with the rows of
 * all of them says which are still the same, for the price of the first. See decision 0025.
 */

import { lookup, requestDirectives, siblingsOf } from '../../cache/index.js'
import type { Lookup, Sibling } from '../../cache/index.js'
import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'
import type { FillRequest } from './fill.js'
import type { JoinedFill } from './join-fill.js'
import { jointOf, restsUntilMs } from './joint-fill.js'
import { placeOf } from './proven.js'
import type { CachedRead } from './read.js'
import { isUpstreams } from './upstreams.js'

type Asker = Pick<ProxyExchange, 'account' | 'principal' | 'target' | 'floorMs'>
type Place = Pick<CachedRead, 'share' | 'format' | 'resource'>

const familyPlace = (asker: Asker, read: Place, { family }: Sibling): string =>
  `${placeOf(asker, read)} ${family}`

/** To be called for each read: what is asked for together is known from that. */
export function noteAsked({ siblings, deps }: Services, asker: Asker, read: Place): void {
  if (read.format !== 'json') return
  for (const sibling of siblingsOf(asker.target)) {
    siblings.asked(familyPlace(asker, read, sibling), sibling.id, deps.clock.monotonicMs())
  }
}

/** The list's own answer, proven to be that of now; undefined: it has to be fetched. */
export async function provenJointly(
  services: Services,
  request: FillRequest,
  { read, join }: { readonly read: CachedRead; readonly join: Join },
): Promise<Proven | undefined> {
  if (!mayBeProven(request, read)) return undefined
  for (const sibling of siblingsOf(request.exchange.target)) {
    const place = familyPlace(request.exchange, request, sibling)
    const { joint, isOwn } = await jointOf(services, request, { sibling, place })
    try {
      const fill = await joint?.fill
      if (fill === undefined) continue
      const { led } = await join(fill)
      if (isOwn) noteCost(request.exchange, fill.exchange)
      const found = await foundNow(services, request)
      return found?.kind === 'hit' ? { found, led } : undefined
    } catch (error) {
      if (isUpstreams(error)) services.siblings.rest(place, restsUntilMs(services))
      services.log.debug({ err: error }, 'no joint list')
      return undefined
    } finally {
      if (joint !== undefined && isOwn) services.siblings.ended(place, joint)
    }
  }
  return undefined
}

type Join = (request: FillRequest) => Promise<JoinedFill>

export interface Proven {
  readonly found: Extract<Lookup, { kind: 'hit' }>
  /** The call was made for this one. */
  readonly led: boolean
}

/** Who insists on an answer of now gets one; what was never stored cannot be proven. */
function mayBeProven({ headers }: FillRequest, { format, found }: CachedRead): boolean {
  const { noCache, maxAgeSeconds } = requestDirectives(headers)
  if (format !== 'json' || noCache || maxAgeSeconds === 0) return false
  return (
    found.kind === 'stale' ||
    (found.kind === 'miss' && (found.reason === 'stale' || found.reason === 'invalidated'))
  )
}

function noteCost(exchange: ProxyExchange, spent: ProxyExchange): void {
  const { permit, queuedMs, upstreamMs, upstreamStatus } = spent
  Object.assign(exchange, { permit, queuedMs, upstreamMs, upstreamStatus })
}

async function foundNow(services: Services, request: FillRequest): Promise<Lookup | undefined> {
  const { store, generations, policies, deps, revoked } = services
  const { exchange, key, resource, headers } = request
  const found = await lookup({
    store,
    generations,
    key,
    account: exchange.account,
    resource,
    policy: policies[resource],
    directives: requestDirectives(headers),
    nowMs: deps.clock.wallMs(),
    floorSeconds: exchange.floorMs / 1_000,
  })
  const refusedAtMs = revoked.get(exchange.principal.id) ?? -Infinity
  return found.kind === 'hit' && found.entry.storedAtMs <= refusedAtMs ? undefined : found
}
