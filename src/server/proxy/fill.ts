/** One GET for the cache: asks leave, fetches, stores. Made for a flight, so for many consumers. */

import type { IncomingHttpHeaders } from 'node:http'
import {
  compressed,
  createEntry,
  headerValues,
  isStorable,
  lookup,
  requestDirectives,
} from '../../cache/index.js'
import type {
  Format,
  HeaderList,
  Lead,
  ResourceName,
  Share,
  StoredResponse,
  UnstorableReason,
} from '../../cache/index.js'
import { DISPATCH_CONTEXT } from '../../upstream/index.js'
import type { Permit } from '../../limits/index.js'
import type { Services } from '../services.js'
import { upstreamProblem } from '../upstream-problem.js'
import { admit, mayRepeat } from './admit.js'
import { collect } from './collect.js'
import { noteCredential } from './note-credential.js'
import type { ProxyExchange } from './exchange.js'
import { fillHeaders, responseHeaders } from './headers.js'
import type { HeaderRecord } from './headers.js'
import { oversized } from './oversized.js'
import type { Oversized } from './oversized.js'
import { isCollection, placeOf } from './proven.js'
import { wireTarget } from './wire-target.js'

export interface FillRequest {
  readonly exchange: ProxyExchange
  readonly key: string
  readonly share: Share
  readonly resource: ResourceName
  readonly format: Format
  readonly headers: IncomingHttpHeaders
  readonly deadlineMs: number
  /** The consumer wants an answer of now, whatever is stored. */
  readonly insists: boolean
  /** Called if this request is the one that its flight is made of. */
  readonly led?: () => void
  /** The answer is compared with others, and not kept. */
  readonly isProofOnly?: boolean
  /** Called once with what came, before anybody who waits for it goes on. Never rejects. */
  readonly landed?: (result: FillResult) => Promise<void>
}

/** The flight that a fill is made for. */
export interface FillFlight {
  /** Aborted when everybody who waits has gone, as long as nothing has been sent. */
  readonly signal: AbortSignal
  /** Called when the call is about to leave, with the generation that it will see. */
  readonly commit: (generation: number) => void
  /** The fence's generation now. */
  readonly generation: () => number
}

export type FillResult =
  | {
      readonly kind: 'entry'
      readonly entry: StoredResponse
      readonly unstorable: UnstorableReason | undefined
      readonly fetchedBy: string
      /** Somebody else's fill had just stored it; no call was made. */
      readonly wasStored: boolean
      /** For the one consumer that the call was made for; never stored. */
      readonly setCookie: readonly string[]
    }
  /** Longer than an entry may be: one consumer takes the stream, the others ask for themselves. */
  | Oversized

export async function fill(
  services: Services,
  request: FillRequest,
  flight: FillFlight,
): Promise<FillResult> {
  const { exchange } = request
  request.led?.()
  for (;;) {
    const stored = await storedMeanwhile(services, request, flight)
    if (stored !== undefined) return stored
    const lead = await leadOf(services, request, flight)
    if (lead === undefined) continue
    const called = call(services, request, flight).finally(() => lead.landed())
    if (isCollection(exchange, request) && request.isProofOnly !== true) {
      services.collections.fetching(placeOf(exchange, request), called)
    }
    return called
  }
}

/** Undefined: another replica has just fetched the same, or was lost over it. */
async function leadOf(
  { sharedFlights }: Services,
  { exchange, key, insists }: FillRequest,
  flight: FillFlight,
): Promise<Lead | undefined> {
  if (sharedFlights === undefined || insists) return { landed: () => {} }
  const { account } = exchange
  return sharedFlights.lead({ account, key, generation: flight.generation() }, flight.signal)
}

async function call(
  services: Services,
  request: FillRequest,
  flight: FillFlight,
): Promise<FillResult> {
  const { exchange, deadlineMs } = request
  for (;;) {
    const permit = await admit(services, exchange, { signal: flight.signal, deadlineMs })
    await services.writes.caughtUp(exchange.account)
    // Read now and not when the flight began: a write that ended while this waited in the queue is
    // seen by it. From here on the call is spent, so it goes on even if everybody goes away.
    const generation = flight.generation()
    const purgeCount = services.purges.count()
    flight.commit(generation)
    const startedMs = services.deps.clock.monotonicMs()
    try {
      return await fetchOnce(services, request, { permit, generation, purgeCount })
    } catch (error) {
      services.upstream.giveBack(permit)
      const nowMs = services.deps.clock.monotonicMs()
      if (mayRepeat(error, { isLate: nowMs > deadlineMs })) continue
      exchange.upstreamMs = nowMs - startedMs
      throw upstreamProblem(error)
    }
  }
}

/**
 * A flight that landed between this request's look-up and its start has stored what this one would
 * fetch. It was stored before that flight went out of the way, so it is there to be seen now.
 */
async function storedMeanwhile(
  { store, generations, policies, deps, revoked }: Services,
  { exchange, key, resource, insists }: FillRequest,
  flight: FillFlight,
): Promise<FillResult | undefined> {
  if (insists) return undefined
  const { account } = exchange
  const policy = policies[resource]
  const nowMs = deps.clock.wallMs()
  const directives = requestDirectives({})
  const found = await lookup({
    store,
    generations,
    key,
    account,
    resource,
    policy,
    directives,
    nowMs,
  })
  if (found.kind !== 'hit') return undefined
  const { entry } = found
  // Of before a refusal of this very token; see read.ts.
  if (entry.storedAtMs <= (revoked.get(exchange.principal.id) ?? -Infinity)) return undefined
  flight.commit(entry.generation)
  const { id: fetchedBy } = exchange.principal
  return { kind: 'entry', entry, unstorable: undefined, fetchedBy, wasStored: true, setCookie: [] }
}

async function fetchOnce(
  services: Services,
  request: FillRequest,
  { permit, generation, purgeCount }: { permit: Permit; generation: number; purgeCount: number },
): Promise<FillResult> {
  const { exchange, key, share, resource, format } = request
  const { config, deps, upstream, store, policies } = services
  const { maxEntrySize } = config.cache
  const sentAtMs = deps.clock.wallMs()
  const startedMs = deps.clock.monotonicMs()
  const target = wireTarget(config.upstream.url, exchange.rawTarget)
  const response = await upstream.dispatcher.request({
    origin: target.origin,
    path: target.path,
    method: 'GET',
    headers: {
      ...fillHeaders(request.headers, exchange.authorization),
      [DISPATCH_CONTEXT]: { permit, target: target.path, body: null },
    } as Record<string, string>,
  })
  exchange.upstreamStatus = response.statusCode
  const headers = responseHeaders(response.headers)
  await noteCredential(services, exchange, {
    status: response.statusCode,
    authorization: exchange.authorization,
  })

  const collected = await collect(response.body, maxEntrySize)
  exchange.upstreamMs = deps.clock.monotonicMs() - startedMs
  if (collected.kind === 'long') {
    services.oversized.set(key, true)
    return oversized({ status: response.statusCode, headers, body: collected.body })
  }
  const { bytes } = collected

  const list = headerList(headers)
  const verdict =
    headers['content-encoding'] === undefined
      ? isStorable({
          status: response.statusCode,
          headers: list,
          format,
          share,
          bodyBytes: bytes.length,
          maxEntryBytes: maxEntrySize,
          complete: true,
        })
      : ({ storable: false, reason: 'content-type' } as const)
  const plain = createEntry({
    key,
    status: response.statusCode,
    statusText: response.statusText,
    headers: list,
    body: bytes,
    account: exchange.account,
    resource,
    path: exchange.target.path,
    generation,
    policy: policies[resource],
    sentAtMs,
  })
  const isKept = verdict.storable && request.isProofOnly !== true
  const entry = isKept ? await compressed(plain) : plain
  const isCurrent =
    services.generations.isCurrent(exchange.account, resource, generation) &&
    services.purges.count() === purgeCount
  if (isKept && isCurrent) {
    await store.set(key, entry).catch((error: unknown) => {
      services.log.error({ err: error }, 'an answer could not be stored; it is served all the same')
    })
    if (isCollection(exchange, request)) {
      services.collections.note(placeOf(exchange, request), key, purgeCount)
    }
  }
  return {
    kind: 'entry',
    entry,
    unstorable: verdict.storable ? undefined : verdict.reason,
    fetchedBy: exchange.principal.id,
    wasStored: false,
    setCookie: headerValues(list, 'set-cookie'),
  }
}

export function headerList(headers: HeaderRecord): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => [name, one] as const),
  )
}
