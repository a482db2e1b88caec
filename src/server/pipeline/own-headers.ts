/** The headers in which the proxy says what it did: Cache-Status, RateLimit, Server-Timing. */

import { cacheStatus } from '../../cache/index.js'
import type { Answer } from './answer.js'

/** Never taken from a stored answer: they are about the exchange in which it was fetched. */
export const OWN_HEADERS: ReadonlySet<string> = new Set([
  'cache-status',
  'ratelimit',
  'ratelimit-policy',
  'server-timing',
  'x-request-id',
])

export const cacheStatusOf = ({ outcome, cacheStatus: parameters }: Answer): string =>
  cacheStatus(outcome, parameters)

/** Undefined: no call was made, so there is nothing to time. */
export function serverTimingOf({ cost }: Answer): string | undefined {
  if (cost === undefined) return undefined
  const queue = `queue;dur=${cost.queuedMs.toFixed(1)}`
  return cost.upstreamMs === undefined
    ? queue
    : `${queue}, upstream;dur=${cost.upstreamMs.toFixed(1)}`
}
