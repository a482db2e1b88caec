/** What a call would meet now, for `/-/explain`: the queue's own forecast, with its numbers in words. */

import type { AdmissionQueue } from '../../limits/index.js'
import { describeRefusal } from '../budgets/describe-refusal.js'
import type { RefusalPorts } from '../budgets/describe-refusal.js'
import type { Overload } from '../edge/overload.js'

type AdmissionRequest = Parameters<AdmissionQueue['forecast']>[0]

export interface ForecastPorts extends RefusalPorts {
  readonly queue: Pick<AdmissionQueue, 'forecast' | 'usage'>
  readonly overload: Pick<Overload, 'isShedding'>
}

/** Why a call is not sent at once, or not at all; most are words of `RefusalReason`. */
export const HOLD_UPS = [
  'overloaded',
  'ledger-unavailable',
  'paused',
  'day-spent',
  'day-kept',
  'queue-full',
  'closing',
  'wait-too-long',
  /** These are waits. */
  'quota',
  'window-full',
  'queue',
  'turn',
] as const

export interface AdmissionForecast {
  readonly by: (typeof HOLD_UPS)[number]
  /** In words, with the numbers. */
  readonly detail: string
  /** Whether the request would be refused at once. */
  readonly isRefused: boolean
  readonly waitSeconds: number
}

/** Undefined: the call would be sent at once. */
export function forecastOf(
  ports: ForecastPorts,
  request: AdmissionRequest,
): AdmissionForecast | undefined {
  const refused = (by: AdmissionForecast['by'], detail: string): AdmissionForecast => {
    return { by, detail, isRefused: true, waitSeconds: 0 }
  }
  if (ports.overload.isShedding()) return refused('overloaded', 'only stored answers are served')
  const forecast = ports.queue.forecast(request)
  if (forecast.kind === 'permitted') {
    const { waitMs, waitsFor } = forecast
    if (waitMs <= 0 || waitsFor === undefined) return undefined
    const waitSeconds = Math.round(waitMs / 100) / 10
    return { ...waitCause(ports, waitsFor), isRefused: false, waitSeconds }
  }
  const { reason } = forecast
  if (reason === 'abandoned' || reason === 'deadline') return undefined
  const waitSeconds = reason === 'wait-too-long' ? Math.round(forecast.retryAfterMs / 100) / 10 : 0
  // A part of a sentence there.
  const text = (describeRefusal(ports, request, forecast)?.message ?? reason).replace(/\.$/u, '')
  return { ...refused(reason, text), waitSeconds }
}

function waitCause(
  { ledger, queue }: ForecastPorts,
  waitsFor: string,
): Pick<AdmissionForecast, 'by' | 'detail'> {
  if (waitsFor === 'ask-quota') {
    return { by: 'quota', detail: 'Intervals is asked first how many calls of the day are used' }
  }
  const { window } = ledger.usage()
  if (window.held >= window.ceiling) {
    const taken = `${window.held} of ${window.ceiling} places of the window are taken`
    return { by: 'window-full', detail: taken }
  }
  const { waiting } = queue.usage()
  const before = waiting.write + waiting.interactive
  return before > 0
    ? { by: 'queue', detail: `${before} requests wait already` }
    : { by: 'turn', detail: 'its client has used its share of the last seconds' }
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
