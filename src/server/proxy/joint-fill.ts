/** The call for several lists at once: for which of them, and what it says of each. */

import {
  cacheKey,
  jointList,
  jointTarget,
  evaluate,
  listedRows,
  parseTarget,
  requestDirectives,
} from '../../cache/index.js'
import type { Joint, Sibling, StoredResponse } from '../../cache/index.js'
import type { Services } from '../services.js'
import type { FillRequest, FillResult } from './fill.js'

/** A joint list on its way. `fill` undefined: it turned out that there is nothing to join. */
export interface JointFill extends Joint {
  fill: Promise<FillRequest | undefined>
}

/** Longer ones take too long to parse between two requests. What comes may have grown to twice that. */
const MAX_JOINT_BYTES = 512 * 1024
/** Rows that may have come since the lists were fetched. */
const ROOM_FOR_ROWS = 100
/** After one that proved nothing, and after one that the upstream did not answer. */
const REST_MS = 10 * 60_000

export const restsUntilMs = ({ deps }: Services): number => deps.clock.monotonicMs() + REST_MS

/** The joint list that is out for this one, or a new one. */
export async function jointOf(
  services: Services,
  request: FillRequest,
  { sibling, place }: { readonly sibling: Sibling; readonly place: string },
): Promise<{ readonly joint: JointFill | undefined; readonly isOwn: boolean }> {
  const { siblings, deps } = services
  // Twice at most: one that is about to go may turn out to have no room for this.
  for (let tries = 0; tries < 2; tries++) {
    const out = siblings.underWay(place, sibling.id)
    if (out === undefined) break
    await out.fill
    if (out.ids.includes(sibling.id)) return { joint: out, isOwn: false }
  }
  const ids = [sibling.id, ...siblings.together(place, sibling.id, deps.clock.monotonicMs())]
  if (ids.length < 2) return { joint: undefined, isOwn: false }
  const joint: JointFill = { ids, fill: Promise.resolve(undefined) }
  siblings.begin(place, joint)
  joint.fill = newJoint(services, request, { sibling, place, joint })
  return { joint, isOwn: true }
}

async function newJoint(
  services: Services,
  request: FillRequest,
  { sibling, place, joint }: { sibling: Sibling; place: string; joint: JointFill },
): Promise<FillRequest | undefined> {
  const { resource, exchange } = request
  const { ids, rows } = await roomFor(services, request, { sibling, ids: joint.ids })
  joint.ids = ids
  if (ids[0] !== sibling.id || ids.length < 2) return undefined
  const rawTarget = jointTarget(resource, sibling, { ids, limit: rows + ROOM_FOR_ROWS })
  const target = parseTarget(rawTarget)
  if (target.kind !== 'target') return undefined
  const purgeCount = services.purges.count()
  return {
    ...request,
    exchange: { ...exchange, rawTarget, target },
    // Not to be taken for the same list asked for by a consumer, which is kept.
    key: `joint ${cacheKey({ ...exchange, ...request, target })}`,
    insists: true,
    isProofOnly: true,
    landed: (result) =>
      settle(services, request, { result, sibling, ids, purgeCount, place }).catch(
        (error: unknown) => services.log.error({ err: error }, 'lists could not be proven'),
      ),
  }
}

/** Those of the lists that are worth proving and short enough, and how many rows they have. */
async function roomFor(
  services: Services,
  request: FillRequest,
  { sibling, ids }: { readonly sibling: Sibling; readonly ids: readonly string[] },
): Promise<{ readonly ids: readonly string[]; readonly rows: number }> {
  const taken: string[] = []
  let [bytes, rows] = [0, 0]
  for (const id of ids) {
    const list = await services.store.get(siblingKey(request, sibling, id))
    const listed = list?.status === 200 ? listedRows(list) : undefined
    if (list === undefined || listed === undefined) continue
    if (id !== sibling.id && isFresh(services, request, list)) continue
    // Of a page, as many bytes as all of its list will have.
    const listBytes = list.body.length * Math.max(1, listed / sibling.page.limit)
    if (bytes + listBytes > MAX_JOINT_BYTES) continue
    taken.push(id)
    bytes += listBytes
    rows += listed
  }
  return { ids: taken, rows }
}

function isFresh(
  { generations, policies, deps }: Services,
  { exchange, resource }: FillRequest,
  list: StoredResponse,
): boolean {
  const { account } = exchange
  const policy = policies[resource]
  const directives = requestDirectives({})
  const nowMs = deps.clock.wallMs()
  return (
    evaluate(list, { generations, account, resource, policy, directives, nowMs }).kind === 'hit'
  )
}

function siblingKey({ exchange, share, format }: FillRequest, { filter }: Sibling, id: string) {
  const { account, principal, target } = exchange
  const query = target.query.map((one) => (one.startsWith(`${filter}=`) ? `${filter}=${id}` : one))
  return cacheKey({ account, principal, share, format, target: { ...target, query } })
}

interface Landed {
  readonly result: FillResult
  readonly sibling: Sibling
  readonly ids: readonly string[]
  readonly purgeCount: number
  readonly place: string
}

/** Each list that is still the same is stored anew, as of the moment when the joint list was fetched. */
async function settle(services: Services, request: FillRequest, landed: Landed): Promise<void> {
  const { store, generations, purges, revoked, siblings } = services
  const { result, sibling, ids, purgeCount, place } = landed
  const { account, principal } = request.exchange
  const { resource } = request
  const joint =
    result.kind === 'entry' && result.unstorable === undefined ? result.entry : undefined
  const isShort = (joint?.body.length ?? Infinity) <= 2 * MAX_JOINT_BYTES
  const lists = joint !== undefined && isShort ? jointList(joint, resource, sibling) : undefined
  const proven: string[] = []
  for (const id of lists === undefined ? [] : ids) {
    const key = siblingKey(request, sibling, id)
    const list = await store.get(key)
    if (joint === undefined || list === undefined || list.storedAtMs > joint.storedAtMs) continue
    if (lists?.proves(list, id) !== true) continue
    // Nothing is waited for between this and the store's memory, so no purge and no write comes between.
    if (!generations.isCurrent(account, resource, joint.generation)) return
    if (purges.count() !== purgeCount) return
    if (joint.storedAtMs <= (revoked.get(principal.id) ?? -Infinity)) return
    const { generation, storedAtMs, freshUntilMs, staleUntilMs } = joint
    await store.set(
      key,
      Object.freeze({ ...list, generation, storedAtMs, freshUntilMs, staleUntilMs }),
    )
    proven.push(id)
  }
  siblings.renewed(place, proven, services.deps.clock.monotonicMs())
  if (proven.length < 2) siblings.rest(place, restsUntilMs(services))
}
