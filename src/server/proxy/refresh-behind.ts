/** One call behind an answer that was served past its time. */

import type { FastifyRequest } from 'fastify'
import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'
import { fillRequestOf, joinFill } from './join-fill.js'
import type { JoinedFill } from './join-fill.js'
import type { FillRequest } from './fill.js'
import { placeOf, provenRead } from './proven.js'
import { provenJointly } from './proven-jointly.js'
import type { CachedRead } from './read.js'
import { isUpstreams } from './upstreams.js'

const REFRESH_WITHIN_MS = 60_000

export function refreshBehind(
  services: Services,
  request: FastifyRequest,
  { exchange, read }: { exchange: ProxyExchange; read: CachedRead },
): void {
  const { refreshCooldown, deps, metrics } = services
  const saved = (): void => metrics.savedCalls.inc({ cause: 'stale' })
  if (refreshCooldown.has(read.key)) return saved()
  const refresh: ProxyExchange = { ...exchange, priority: 'background' }
  const deadlineMs = deps.clock.monotonicMs() + REFRESH_WITHIN_MS
  const fillRequest = fillRequestOf(request, { exchange: refresh, read, deadlineMs })
  refreshed()
    .then(
      (joined) => {
        if (joined === undefined) return
        const { value } = joined
        // An answer that does not replace the entry is a failure as well: one try per cool-down.
        if (value?.kind === 'entry' && value.unstorable === undefined) return
        refreshCooldown.set(read.key, true)
      },
      (error: unknown) => {
        refreshCooldown.set(read.key, true)
        if (isUpstreams(error))
          request.log.warn({ err: error }, 'a stored answer was not refreshed')
      },
    )
    // The one that the refresh was for has not saved a call, only put it off.
    .finally(() => (refresh.permit === undefined ? saved() : undefined))

  /** Undefined: a list that has just been fetched says that it is the same. */
  async function refreshed(): Promise<JoinedFill | undefined> {
    const landing = services.collections.landing(placeOf(exchange, read))
    if (landing !== undefined && exchange.target.id !== undefined) {
      await landing
      const proven = await provenRead(services, request, { exchange, read })
      if (proven.found.kind === 'hit') return undefined
    }
    const join = (request: FillRequest) => joinFill(services, request)
    const jointly = await provenJointly(services, fillRequest, { read, join })
    return jointly === undefined ? joinFill(services, fillRequest) : undefined
  }
}
