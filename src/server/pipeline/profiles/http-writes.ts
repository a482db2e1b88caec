/** What a response does to the store of the profile `http`: stores, freshens, expires or drops entries. */

import { Readable } from 'node:stream'
import {
  cachePolicy,
  createHttpEntry,
  freshened,
  headerValues,
  headVerdict,
  httpUnstorable,
  isAbout,
  lifetimeOf,
  mayReplaceFailure,
  outdatedTargets,
  selectingOf,
  selectingRange,
} from '../../../cache/index.js'
import type {
  Arrival,
  HeaderList,
  HttpEntry,
  HttpStore,
  HttpUnstorableReason,
  Lifetime,
  Outcome,
} from '../../../cache/index.js'
import { ProblemError } from '../../errors/problems.js'
import { claimOf } from '../answer.js'
import type { Content } from '../answer.js'
import { bufferBody, drain } from '../buffer-body.js'
import type { BufferedBody } from '../buffer-body.js'
import type { HeaderRecord } from '../headers.js'
import { brokeOff } from '../upstream-call.js'
import type { UpstreamAnswer } from '../upstream-types.js'

export interface HttpWritesDeps {
  readonly store: HttpStore
  readonly maxEntryBytes: number
  readonly upstreamUrl: string
  /** See `CachePolicy`. */
  readonly targetedField: string | undefined
}

/** A response, and what it is the response to. */
export interface Exchanged {
  readonly target: string
  /** As they were sent, without Via and without conditions of our own. */
  readonly headers: HeaderRecord
  /** Of the target, at the moment of sending. */
  readonly generation: number
  readonly response: UpstreamAnswer
  /** What the request counts as if the body breaks off. */
  readonly outcome: Outcome
}

export interface Accepted {
  readonly content: Content<HttpEntry>
  /** Undefined: it was stored. */
  readonly unstorable: HttpUnstorableReason | undefined
}

/**
 * The response to a GET that may be stored. `earlier` is the entry that was stored when it was sent,
 * `validated` the same if the call validated it. Undefined: a 304 about another entry.
 */
export async function acceptFetched(
  deps: HttpWritesDeps,
  stored: { readonly earlier: HttpEntry | undefined; readonly validated: HttpEntry | undefined },
  exchanged: Exchanged,
): Promise<Accepted | undefined> {
  const { status, headers, body } = exchanged.response
  const { earlier, validated } = stored
  if (status !== 304 || !validated) return acceptResponse(deps, earlier, exchanged)
  drain(body)
  return isAbout(validated, headers) ? acceptNotModified(deps, validated, exchanged) : undefined
}

function acceptNotModified(
  { store }: HttpWritesDeps,
  entry: HttpEntry,
  { target, headers, generation, response }: Exchanged,
): Accepted {
  const fresh = freshened(entry, { ...response, arrival: arrivalOf(response) })
  const objection = objectionTo(fresh, headers)
  const isCurrent = store.generation(target) === generation
  if (objection === undefined && isCurrent) store.replace(entry, fresh)
  // A 304 to one client's credentials leaves an entry in place that was stored for all clients.
  else if (objection !== 'authorization') store.delete(entry)
  const unstorable = objection ?? (isCurrent ? undefined : 'overtaken')
  return { content: { kind: 'entry', entry: fresh }, unstorable }
}

/** After these the stored entry no longer holds, even if the response may not be stored itself. */
const SUPERSEDING: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 410])

async function acceptResponse(
  deps: HttpWritesDeps,
  earlier: HttpEntry | undefined,
  exchanged: Exchanged,
): Promise<Accepted> {
  const { store, maxEntryBytes } = deps
  const { response } = exchanged
  const { status, headers, body, receivedAtMs } = response
  const passOn = (unstorable: HttpUnstorableReason, rest: Readable = body): Accepted => {
    if (earlier !== undefined && SUPERSEDING.has(status)) store.delete(earlier)
    return { content: { kind: 'stream', status, headers, claim: claimOf(rest) }, unstorable }
  }
  const examined = examine(deps, exchanged)
  if (examined.kind === 'unstorable') return passOn(examined.reason)
  // The stored entry is better than this error, so the error must not replace it.
  if (earlier && mayReplaceFailure(earlier, { kind: 'status', status }, receivedAtMs)) {
    return passOn('status')
  }
  if (lengthOf(headers) > maxEntryBytes) return passOn('too-large')
  const buffered = await buffer(exchanged, maxEntryBytes)
  if (buffered.kind === 'long') return passOn('too-large', buffered.body)
  const { bytes } = buffered
  // RFC 9111 §3.3: with a Content-Length that does not fit, the body is incomplete.
  if (headerValues(headers, 'content-length').length > 0 && lengthOf(headers) !== bytes.length) {
    throw brokeOff(new ProblemError('UPSTREAM_BROKE_OFF'), exchanged.response, exchanged.outcome)
  }
  const entry = examined.entryWith(bytes)
  const unstorable = keep(store, entry, exchanged)
  return { content: { kind: 'entry', entry, received: headers }, unstorable }
}

/**
 * Called when a write ended, before its answer is passed on. Drops what an accepted write made old; a read
 * in flight is not stored in either case. Returns the generation since, or undefined if the response of the
 * write may not be stored: it was refused, or another write ended while it was in flight.
 */
export function invalidateAfter(
  { store, upstreamUrl }: HttpWritesDeps,
  { target, generation, response }: Pick<Exchanged, 'target' | 'generation' | 'response'>,
  host: string | undefined,
): number | undefined {
  const isOnly = store.generation(target) === generation
  const { status, headers } = response
  if (status >= 400) {
    store.invalidate(target)
    return undefined
  }
  for (const one of outdatedTargets({ target, headers, upstreamUrl, host })) store.outdate(one)
  return isOnly ? store.generation(target) : undefined
}

/**
 * RFC 9110 §9.3.3: the response to a POST may be stored for later GETs if it states its freshness, and by
 * Content-Location that a GET of the same target would have the same response. Returns the response, with
 * another body if this one was read.
 */
export async function storePost(
  deps: HttpWritesDeps,
  exchanged: Exchanged,
): Promise<UpstreamAnswer> {
  const { store, maxEntryBytes } = deps
  const { response, target } = exchanged
  const [location] = headerValues(response.headers, 'content-location')
  if (response.status !== 200 || location !== target) return response
  if (lengthOf(response.headers) > maxEntryBytes) return response
  const examined = examine(deps, exchanged)
  if (examined.kind === 'unstorable' || !examined.lifetime.isExplicit) return response
  const buffered = await buffer(exchanged, maxEntryBytes)
  if (buffered.kind === 'long') return { ...response, body: buffered.body }
  keep(store, examined.entryWith(buffered.bytes), exchanged)
  return { ...response, body: Readable.from([buffered.bytes]) }
}

/** A response to HEAD freshens the entry that a GET would get, or makes it stale (RFC 9111 §4.3.5). */
export function freshenByHead(
  store: HttpStore,
  { target, headers, generation, response }: Exchanged,
): void {
  const entry = store.select(target, headers)
  if (response.status !== 200 || entry?.status !== 200) return
  if (store.generation(target) !== generation) return
  const fresh = freshened(entry, { ...response, arrival: arrivalOf(response) })
  const objection = objectionTo(fresh, headers)
  if (objection === 'authorization') return
  if (objection !== undefined || headVerdict(entry, response.headers) === 'other') {
    store.expire(entry)
  } else store.replace(entry, fresh)
}

type Examined =
  | { readonly kind: 'unstorable'; readonly reason: HttpUnstorableReason }
  | {
      readonly kind: 'storable'
      readonly lifetime: Lifetime
      readonly entryWith: (body: Buffer) => HttpEntry
    }

function examine(
  { targetedField }: HttpWritesDeps,
  { target, headers: sent, response }: Exchanged,
): Examined {
  const { status, headers, receivedAtMs } = response
  const arrival = arrivalOf(response)
  const policy = cachePolicy(headers, targetedField)
  const lifetime = lifetimeOf({ status, headers, policy }, arrival)
  const varied = selectingOf(headerValues(headers, 'vary'), sent)
  const selecting = status === 206 && varied ? [...varied, ...selectingRange(sent)] : varied
  const objection = httpUnstorable({
    status,
    headers,
    policy,
    lifetime,
    isAuthorized: isAuthorized(sent),
    isSelectable: selecting !== undefined,
    isSameRange: sent['range'] !== undefined && sent['if-range'] === undefined,
  })
  if (objection !== undefined || selecting === undefined) {
    return { kind: 'unstorable', reason: objection ?? 'vary' }
  }
  const made = { target, status, headers, selecting, policy, lifetime, arrival, receivedAtMs }
  return { kind: 'storable', lifetime, entryWith: (body) => createHttpEntry({ ...made, body }) }
}

/** Why an entry may not be stored any more with the headers that it got. */
const objectionTo = (entry: HttpEntry, sent: HeaderRecord): HttpUnstorableReason | undefined =>
  httpUnstorable({
    ...entry,
    lifetime: { lifetimeMs: entry.lifetimeMs, isExplicit: true },
    isAuthorized: isAuthorized(sent),
    isSelectable: true,
  })

/** Compares and stores in one turn: no write can end between the two. */
function keep(
  store: HttpStore,
  entry: HttpEntry,
  { headers, generation }: Pick<Exchanged, 'headers' | 'generation'>,
): HttpUnstorableReason | undefined {
  if (store.generation(entry.target) !== generation) return 'overtaken'
  return store.set(entry, headers) ? undefined : 'too-large'
}

const isAuthorized = (sent: HeaderRecord): boolean => sent['authorization'] !== undefined

const arrivalOf = ({ receivedAtWallMs, cost }: UpstreamAnswer): Arrival => ({
  receivedAtWallMs,
  delayMs: cost.upstreamMs ?? 0,
})

/** Bytes, by Content-Length; 0 without one. */
const lengthOf = (headers: HeaderList): number =>
  Number(headerValues(headers, 'content-length')[0] ?? 0)

const buffer = ({ response, outcome }: Exchanged, limitBytes: number): Promise<BufferedBody> =>
  bufferBody(response.body, limitBytes).catch((error: unknown) => {
    throw brokeOff(error, response, outcome)
  })
