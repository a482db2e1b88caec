/** Counts a request against the limits and notes it in the journal, when its header section is complete. */
import type { IncomingMessage } from 'node:http'
import { parseTarget } from '../api/target.js'
import { tokenOf, type Tenants } from '../api/tenants.js'
import type { Journal, OpenArrival } from '../control/journal.js'
import type { Limiter } from '../rate-limits/limiter.js'
import type { SimulatorSettings } from '../options.js'

export interface ArrivalContext {
  readonly settings: SimulatorSettings
  readonly tenants: Tenants
  readonly limiter: Limiter
  readonly journal: Journal
}

export interface CountedArrival {
  readonly arrival: OpenArrival
  /** The code of the limit that refuses the request. */
  readonly refusal: 11 | 12 | undefined
}

export function countArrival(
  request: IncomingMessage,
  { settings, tenants, limiter, journal }: ArrivalContext,
): CountedArrival {
  const atMs = settings.monotonicNow()
  const wallMs = settings.wallNow()
  const target = request.url ?? '/'
  const token = tokenOf(request.headers.authorization)
  const tenant = tenants.ofToken(token)
  const verdict = limiter.arrive({
    nowMs: atMs,
    wallMs,
    isQuota: parseTarget(target).segments[0] === 'quota',
    account: tenant?.account.name,
    dayMax: tenant?.dayMax ?? 0,
  })
  const arrival = journal.record({
    atMs,
    wallMs,
    method: request.method ?? 'GET',
    target,
    headers: request.headers,
    ...(tenant === undefined ? {} : { account: tenant.account.name }),
    ...(token === undefined ? {} : { token }),
    chargedToMinute: verdict.chargedToMinute,
    chargedToDay: verdict.chargedToDay,
  })
  return { arrival, refusal: verdict.refusal }
}
