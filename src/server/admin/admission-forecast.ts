/** What a call would meet just now, on its way out: for `/-/explain`. Takes nothing, and waits for nothing. */

import type { AdmissionQueue, Ledger } from '../../limits/index.js'
import type { Overload } from '../edge/overload.js'

export interface ForecastPorts {
  readonly ledger: Ledger
  readonly queue: Pick<AdmissionQueue, 'forecastMs' | 'usage'>
  readonly overload: Pick<Overload, 'isShedding'>
  /** limits.queue.maxWait. */
  readonly maxWaitMs: () => number
}

/** Why a call does not leave at once, or not at all; most are words of `RefusalReason`. */
export const HOLD_UPS = [
  'overloaded',
  'ledger-unavailable',
  'paused',
  'day-spent',
  'wait-too-long',
  /** These are waits. */
  'window-full',
  'queue',
  'turn',
] as const

export interface AdmissionForecast {
  readonly by: (typeof HOLD_UPS)[number]
  /** For a person. */
  readonly detail: string
  /** Whether a request would be refused for it, at once. */
  readonly isRefused: boolean
  readonly waitSeconds: number
}

export interface WouldCall {
  readonly account: string
  readonly consumer: string
  /** `/quota/` is not charged to the day. */
  readonly chargesDay: boolean
}

/** Undefined: a call of this consumer would leave at once. */
export function forecastOf(ports: ForecastPorts, call: WouldCall): AdmissionForecast | undefined {
  return refusalOf(ports, call) ?? waitOf(ports, call)
}

function refusalOf(
  { ledger, overload }: ForecastPorts,
  call: WouldCall,
): AdmissionForecast | undefined {
  const refused = (by: AdmissionForecast['by'], detail: string): AdmissionForecast => {
    return { by, detail, isRefused: true, waitSeconds: 0 }
  }
  if (overload.isShedding()) return refused('overloaded', 'only stored answers are served')
  const problem = ledger.problem?.()
  if (problem !== undefined) return refused('ledger-unavailable', problem)
  const { days, pauses } = ledger.usage()
  if (ledger.peek(call)?.kind === 'paused') {
    const scopes = new Set(['window', `account:${call.account}`])
    const pause = pauses.find(({ scope }) => scopes.has(scope))
    const until =
      pause === undefined || Number.isFinite(pause.leftMs)
        ? `for ${Math.ceil((pause?.leftMs ?? 0) / 1_000)} s more`
        : 'until a person resumes'
    return refused('paused', `nothing goes out ${until}: ${pause?.detail ?? 'paused'}`)
  }
  const day = days.find(({ account }) => account === call.account)
  if (call.chargesDay && day !== undefined && day.used >= day.max) {
    return refused('day-spent', `${day.used} of ${day.max} calls of the day are used`)
  }
  return undefined
}

function waitOf(ports: ForecastPorts, call: WouldCall): AdmissionForecast | undefined {
  const { queue } = ports
  const priority = 'interactive'
  const waitMs = queue.forecastMs({ ...call, priority, maxWaitMs: 0 })
  if (waitMs <= 0) return undefined
  const waitSeconds = Math.round(waitMs / 100) / 10
  const { by, detail } = causeOf(ports)
  const maxWait = ports.maxWaitMs()
  if (waitMs <= maxWait) return { by, detail, isRefused: false, waitSeconds }
  const longest = `limits.queue.maxWait is ${maxWait / 1_000} s`
  return { by: 'wait-too-long', detail: `${detail}; ${longest}`, isRefused: true, waitSeconds }
}

function causeOf({ ledger, queue }: ForecastPorts): Pick<AdmissionForecast, 'by' | 'detail'> {
  const { window } = ledger.usage()
  if (window.held >= window.ceiling) {
    const taken = `${window.held} of ${window.ceiling} places of the window are taken`
    return { by: 'window-full', detail: taken }
  }
  const { waiting } = queue.usage()
  const before = waiting.write + waiting.interactive
  return before > 0
    ? { by: 'queue', detail: `${before} requests wait already` }
    : { by: 'turn', detail: 'its consumer has had its part of the last seconds' }
}

/** Where a call is needed: what comes of it, and what it costs. `why` is what the cache says. */
export function calling<Answer extends string>(
  held: AdmissionForecast | undefined,
  answer: Answer,
  why: string,
) {
  if (held === undefined) return { answer, why, calls: 1, waitSeconds: 0 }
  const { by, detail, isRefused, waitSeconds } = held
  return isRefused
    ? { answer: 'refused', why: by, detail, cache: why, calls: 0, waitSeconds }
    : { answer, why, calls: 1, waitSeconds, heldBy: by, detail }
}
