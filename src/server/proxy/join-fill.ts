/** One call for all who ask for the same, and nobody waits longer for it than it said. */

import type { FastifyRequest } from 'fastify'
import { PRIORITIES } from '../../limits/index.js'
import { ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'
import { fill } from './fill.js'
import type { FillRequest, FillResult } from './fill.js'
import type { CachedRead } from './read.js'

/** `value` undefined: there was no place left, ask for yourself. */
export interface JoinedFill {
  readonly value: FillResult | undefined
  readonly led: boolean
}

export async function joinFill(
  services: Services,
  fillRequest: FillRequest,
  waiter: { readonly signal?: AbortSignal; readonly patience?: AbortSignal } = {},
): Promise<JoinedFill> {
  const { flights, generations, purges } = services
  const { key, exchange, resource } = fillRequest
  const generation = (): number => generations.generation(exchange.account, resource)
  const joined = await flights.join({
    // Whoever asks after a purge does not want what was asked for before it.
    key: `${purges.count()} ${key}`,
    generation: generation(),
    async start(flight) {
      const result = await fill(services, fillRequest, { ...flight, generation })
      await fillRequest.landed?.(result)
      return result
    },
    urgency: PRIORITIES.indexOf(exchange.priority),
    ...waiter,
  })
  return joined.kind === 'full' ? { value: undefined, led: false } : joined
}

/** What the queue refused cost nothing, so whose patience is longer may try again. */
export const OUT_OF_PATIENCE: ReadonlySet<string> = new Set([
  'DEADLINE',
  'WAIT_TOO_LONG',
  'QUEUE_FULL',
])
const MAX_TRIES = 4

export async function joinPatiently(
  services: Services,
  fillRequest: FillRequest,
  signal: AbortSignal,
): Promise<JoinedFill> {
  const { clock } = services.deps
  for (let tries = 1; ; tries++) {
    let led = false
    const patience = patienceUntil(services, fillRequest)
    try {
      const request = { ...fillRequest, led: () => (led = true) }
      return await joinFill(services, request, { signal, patience: patience.signal })
    } catch (error) {
      const isLeaders = error instanceof ProblemError && OUT_OF_PATIENCE.has(error.code)
      const hasTime = clock.monotonicMs() < fillRequest.deadlineMs
      if (!isLeaders || led || !hasTime || tries === MAX_TRIES || signal.aborted) throw error
    } finally {
      patience.clear()
    }
  }
}

/** To ask the others takes a while, and is not waiting in the queue: who cannot wait gets that much. */
const ROUND_TRIPS_MS = 500

/** Whoever joins a call that still waits in the queue waits no longer than it would alone. */
function patienceUntil(
  { queue, deps, sharedFlights }: Services,
  { exchange, deadlineMs }: FillRequest,
): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  const timer = setTimeout(
    () => {
      const retryAfterMs = queue.forecastMs({ ...exchange, chargesDay: true })
      controller.abort(new ProblemError('DEADLINE', { retryAfterMs }))
    },
    Math.max(
      sharedFlights === undefined ? 1 : ROUND_TRIPS_MS,
      deadlineMs - deps.clock.monotonicMs(),
    ),
  )
  return { signal: controller.signal, clear: () => clearTimeout(timer) }
}

export function fillRequestOf(
  request: FastifyRequest,
  { exchange, read, deadlineMs }: { exchange: ProxyExchange; read: CachedRead; deadlineMs: number },
): FillRequest {
  const { key, share, resource, format, found } = read
  const { headers } = request
  const insists = found.kind === 'stale' || (found.kind === 'miss' && found.reason === 'request')
  return { exchange, key, share, resource, format, headers, deadlineMs, insists }
}
