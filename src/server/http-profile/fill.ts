/** One GET for the store: fetches or validates, and keeps what may be kept. */

import type { Readable } from 'node:stream'
import {
  cachePolicy,
  conditionsOf,
  createHttpEntry,
  freshened,
  headerValues,
  httpUnstorable,
  isAbout,
  lifetimeOf,
  mayReplaceFailure,
  selectingOf,
  selectingRange,
} from '../../cache/index.js'
import type { HeaderList, HttpEntry, HttpStore, HttpUnstorableReason } from '../../cache/index.js'
import type { ProxyExchange } from '../proxy/exchange.js'
import type { HeaderRecord } from '../proxy/headers.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import { upstreamProblem } from '../upstream-problem.js'
import { callUpstream, MaybeExecutedError } from './call.js'
import type { Call, UpstreamAnswer } from './call.js'
import { collect, drain } from '../proxy/collect.js'
import { withoutConditions, withVia } from './headers.js'

export interface FillRequest extends Pick<Call, 'deadlineMs' | 'signal' | 'onInterim'> {
  readonly exchange: ProxyExchange
  /** As forwarded; Via and conditions are added here. */
  readonly headers: HeaderRecord
  readonly version: string
  /** What is stored and has to be validated. */
  readonly entry: HttpEntry | undefined
  /** Called when the request is about to be sent, with the generation that it will see. */
  readonly onSend?: (generation: number) => void
}

export type Filled =
  /** Whole: stored, if nothing objects; with the headers as they came, if it came just now. */
  | {
      readonly kind: 'entry'
      readonly entry: HttpEntry
      readonly received: HeaderList | undefined
      readonly fwdStatus: number
      readonly unstorable: HttpUnstorableReason | undefined
    }
  /** Not to be stored, or too long: one consumer takes it. */
  | {
      readonly kind: 'stream'
      readonly status: number
      readonly headers: HeaderList
      readonly body: Readable
      readonly unstorable: HttpUnstorableReason
    }

/** @throws ProblemError; AbandonedError */
export async function fill(
  services: Services,
  store: HttpStore,
  request: FillRequest,
): Promise<Filled> {
  const { exchange, entry } = request
  const conditions = entry === undefined ? undefined : conditionsOf(entry)
  let generation = 0
  const call = (own: HeaderRecord | undefined): Promise<UpstreamAnswer> =>
    callUpstream(services, exchange, {
      ...request,
      method: 'GET',
      body: null,
      headers: {
        ...(own === undefined
          ? request.headers
          : { ...withoutConditions(request.headers), ...own }),
        via: withVia(request.headers['via'], request.version),
      },
      onSend: () => {
        generation = store.generation(exchange.rawTarget)
        request.onSend?.(generation)
      },
    })
  try {
    let answer = await call(conditions)
    if (answer.status === 304 && conditions !== undefined && entry !== undefined) {
      drain(answer.body)
      if (isAbout(entry, answer.headers)) {
        return validated(store, request, { answer, entry, generation })
      }
      // The upstream speaks of something that is not here, so it has to send it.
      answer = await call({})
    }
    return await received(services, store, request, { answer, generation })
  } catch (error) {
    if (error instanceof MaybeExecutedError) throw error.problem
    throw error
  }
}

function validated(
  store: HttpStore,
  { exchange, headers }: FillRequest,
  { answer, entry, generation }: { answer: UpstreamAnswer; entry: HttpEntry; generation: number },
): Filled {
  const fresh = freshened(entry, answer)
  const objection = httpUnstorable({
    ...fresh,
    lifetime: { lifetimeMs: fresh.lifetimeMs, isExplicit: true },
    isAuthorized: headers['authorization'] !== undefined,
    isSelectable: true,
  })
  const isCurrent = store.generation(exchange.rawTarget) === generation
  if (objection === undefined && isCurrent) store.replace(entry, fresh)
  // One consumer's credentials have seen it, but what is stored was for all before.
  else if (objection !== 'authorization') store.delete(entry)
  const unstorable = objection ?? (isCurrent ? undefined : 'overtaken')
  return { kind: 'entry', entry: fresh, received: undefined, fwdStatus: 304, unstorable }
}

/** After these what is stored is no longer so, even if they may not be stored themselves. */
const SUPERSEDING: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 410])

async function received(
  services: Services,
  store: HttpStore,
  { exchange, headers, entry }: FillRequest,
  { answer, generation }: { answer: UpstreamAnswer; generation: number },
): Promise<Filled> {
  const { status, body } = answer
  const { maxEntrySize } = services.config.cache
  const policy = cachePolicy(answer.headers)
  const lifetime = lifetimeOf({ status, headers: answer.headers, policy }, answer.arrival)
  const varied = selectingOf(headerValues(answer.headers, 'vary'), headers)
  const selecting = status === 206 && varied ? [...varied, ...selectingRange(headers)] : varied
  const objection = httpUnstorable({
    status,
    headers: answer.headers,
    policy,
    lifetime,
    isAuthorized: headers['authorization'] !== undefined,
    isSelectable: selecting !== undefined,
    isSameRange: headers['range'] !== undefined && headers['if-range'] === undefined,
  })
  const stream = (unstorable: HttpUnstorableReason, rest: Readable = body): Filled => {
    if (entry !== undefined && SUPERSEDING.has(status)) store.delete(entry)
    return { kind: 'stream', status, headers: answer.headers, body: rest, unstorable }
  }
  if (objection !== undefined || selecting === undefined) return stream(objection ?? 'vary')
  const now = services.deps.clock.monotonicMs()
  // What is stored is better than this, so this is not stored over it.
  if (entry !== undefined && mayReplaceFailure(entry, { kind: 'status', status }, now)) {
    return stream('status')
  }
  const [length] = headerValues(answer.headers, 'content-length')
  if (Number(length ?? 0) > maxEntrySize) return stream('too-large')

  const collected = await collect(body, maxEntrySize).catch((error: unknown) => {
    throw upstreamProblem(error)
  })
  if (collected.kind === 'long') return stream('too-large', collected.body)
  const { bytes } = collected
  // RFC 9111 §3.3: a length that does not fit is a body that was cut off.
  if (length !== undefined && Number(length) !== bytes.length) {
    throw new ProblemError('UPSTREAM_BROKE_OFF')
  }
  const made = createHttpEntry({
    ...answer,
    target: exchange.rawTarget,
    selecting,
    policy,
    lifetime,
    body: bytes,
  })
  const unstorable = keep(store, made, { headers, generation })
  return { kind: 'entry', entry: made, received: answer.headers, fwdStatus: status, unstorable }
}

/** Question and answer in one turn: no write can end between them. */
export function keep(
  store: HttpStore,
  entry: HttpEntry,
  { headers, generation }: { headers: HeaderRecord; generation: number },
): HttpUnstorableReason | undefined {
  if (store.generation(entry.target) !== generation) return 'overtaken'
  return store.set(entry, headers) ? undefined : 'too-large'
}
