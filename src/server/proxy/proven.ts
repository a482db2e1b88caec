/** A row that expired, or that a write dropped, and that a fresh collection says is still the same. */

import type { FastifyRequest } from 'fastify'
import { evaluate, keyHead, requestDirectives } from '../../cache/index.js'
import type { StoredResponse } from '../../cache/index.js'
import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'
import type { CachedRead } from './read.js'

type Asker = Pick<ProxyExchange, 'account' | 'principal' | 'target' | 'floorMs'>
type Place = Pick<CachedRead, 'share' | 'format' | 'resource'>

/** Where collections and rows of one resource belong together: the same credential, the same format. */
export function placeOf({ account, principal }: Asker, { share, format, resource }: Place): string {
  return keyHead({ account, principal, share, format }) + resource
}

/** Whether the answer is a collection whose rows can prove others. */
export const isCollection = ({ target }: Asker, { format }: Pick<Place, 'format'>): boolean =>
  target.id === undefined && format === 'json'

/**
 * The read with what a collection proves, or as it was. What is proven is stored anew, as of the moment
 * when the collection was fetched: with its times and, for the fence, under its generation.
 */
export async function provenRead(
  services: Services,
  request: Pick<FastifyRequest, 'headers'>,
  { exchange, read }: { readonly exchange: Asker; readonly read: CachedRead },
): Promise<CachedRead> {
  if (!mayBeProven(exchange, read)) return read
  const purgeCount = services.purges.count()
  const entry = await provenEntry(services, exchange, { read, purgeCount })
  // From here on nothing is waited for, so no purge and no write comes between.
  if (entry === undefined || services.purges.count() !== purgeCount) return read
  const found = evaluate(entry, {
    ...exchange,
    generations: services.generations,
    resource: read.resource,
    policy: services.policies[read.resource],
    directives: requestDirectives(request.headers),
    nowMs: services.deps.clock.wallMs(),
    floorSeconds: exchange.floorMs / 1_000,
  })
  if (found.kind !== 'hit') return read
  void services.store.set(read.key, entry).catch((error: unknown) => {
    services.log.error({ err: error }, 'an answer could not be stored; it is served all the same')
  })
  return { ...read, found }
}

/** Who insists on an answer of now gets one; what was never stored cannot be proven. */
function mayBeProven({ target }: Asker, { format, found }: CachedRead): boolean {
  if (target.id === undefined || target.query.length > 0 || format !== 'json') return false
  return (
    found.kind === 'stale' ||
    (found.kind === 'miss' && (found.reason === 'stale' || found.reason === 'invalidated'))
  )
}

async function provenEntry(
  services: Services,
  exchange: Asker,
  { read, purgeCount }: { readonly read: CachedRead; readonly purgeCount: number },
): Promise<StoredResponse | undefined> {
  const { store, collections, generations, revoked, policies, deps } = services
  const { account, principal, target } = exchange
  const { key, resource } = read
  const keys = collections.keys(placeOf(exchange, read), purgeCount)
  const member = keys.length === 0 ? undefined : await store.get(key)
  if (member === undefined || target.id === undefined) return undefined
  const row = { resource, id: target.id }
  const refusedAtMs = revoked.get(principal.id) ?? -Infinity
  for (const collectionKey of keys) {
    const collection = await store.get(collectionKey)
    if (collection === undefined || collection.storedAtMs <= refusedAtMs) continue
    const policy = policies[resource]
    const directives = requestDirectives({})
    const nowMs = deps.clock.wallMs()
    const about = { generations, account, resource, policy, directives, nowMs }
    if (evaluate(collection, about).kind !== 'hit') continue
    if (collection.storedAtMs < member.storedAtMs) continue
    if (!collections.proves(collection, member, row)) continue
    const { generation, storedAtMs, freshUntilMs, staleUntilMs } = collection
    return Object.freeze({ ...member, generation, storedAtMs, freshUntilMs, staleUntilMs })
  }
  return undefined
}
