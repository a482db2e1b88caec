/** What an answer to a method that is not safe does to the store. */

import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import {
  cachePolicy,
  createHttpEntry,
  headerValues,
  httpUnstorable,
  lifetimeOf,
  outdatedTargets,
  selectingOf,
} from '../../cache/index.js'
import { upstreamProblem } from '../upstream-problem.js'
import type { UpstreamAnswer } from './call.js'
import { collect } from '../proxy/collect.js'
import type { HttpExchange } from './exchange.js'
import { keep } from './fill.js'
import type { HttpServices } from './services.js'

/**
 * Before anybody sees the answer: what is stored is dropped if the write was accepted, and what is on
 * its way is not stored in any case. Returns the generation since, or undefined if it is not the only
 * write that ended since this one left.
 */
export function outdate(
  { store, all }: HttpServices,
  request: FastifyRequest,
  sent: { exchange: HttpExchange; answer: UpstreamAnswer; generation: number },
): number | undefined {
  const { exchange, answer, generation } = sent
  const { target } = exchange.request
  const isOnly = store.generation(target) === generation
  if (answer.status >= 400) {
    store.invalidate(target)
    return undefined
  }
  const targets = outdatedTargets({
    target,
    headers: answer.headers,
    upstreamUrl: all.config.upstream.url,
    host: request.headers.host,
  })
  for (const one of targets) store.outdate(one)
  return isOnly ? store.generation(target) : undefined
}

/**
 * RFC 9110 §9.3.3: the answer to a POST may be stored for later GETs if it says how long it is fresh,
 * and by Content-Location that it is what a GET of the same target would bring. The body if it was read.
 */
export async function keepPost(
  { store, all }: HttpServices,
  { request: { method, target, headers } }: HttpExchange,
  answer: UpstreamAnswer,
  generation: number,
): Promise<Readable | undefined> {
  const { status } = answer
  const { maxEntrySize } = all.config.cache
  const [location] = headerValues(answer.headers, 'content-location')
  const [length] = headerValues(answer.headers, 'content-length')
  if (method !== 'POST' || status !== 200 || location !== target) return undefined
  if (Number(length ?? 0) > maxEntrySize) return undefined
  const policy = cachePolicy(answer.headers)
  const lifetime = lifetimeOf({ status, headers: answer.headers, policy }, answer.arrival)
  const selecting = selectingOf(headerValues(answer.headers, 'vary'), headers)
  const objection = httpUnstorable({
    ...answer,
    policy,
    lifetime,
    isAuthorized: headers['authorization'] !== undefined,
    isSelectable: selecting !== undefined,
  })
  if (objection !== undefined || selecting === undefined || !lifetime.isExplicit) return undefined
  const collected = await collect(answer.body, maxEntrySize).catch((error: unknown) => {
    throw upstreamProblem(error)
  })
  if (collected.kind === 'long') return collected.body
  const { bytes } = collected
  keep(store, createHttpEntry({ ...answer, target, selecting, policy, lifetime, body: bytes }), {
    headers,
    generation,
  })
  return Readable.from([bytes])
}
