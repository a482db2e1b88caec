/**
 * Both limits of Intervals, checked when a request arrives: the minute for the whole simulator (one
 * IP address), and the day of each account, which ends at midnight GMT. Refusals are codes 11 and 12.
 * Source: help.myintervals.com/?p=5326, www.myintervals.com/api/introduction.php
 */
import { createMinuteWindow } from './minute-window.js'
import type { SimulatorSettings } from '../options.js'

export interface Verdict {
  readonly chargedToMinute: boolean
  readonly chargedToDay: boolean
  /** 12: too fast. 11: the day is used up. */
  readonly refusal?: 11 | 12
}

export interface LimitedRequest {
  readonly nowMs: number
  readonly wallMs: number
  readonly isQuota: boolean
  /** Absent when the token is unknown: then no day is charged. */
  readonly account?: string | undefined
  readonly dayMax: number
}

export interface Limiter {
  arrive(request: LimitedRequest): Verdict
  dayUsed(account: string, wallMs: number): number
}

type LimiterSettings = Pick<
  SimulatorSettings,
  | 'minuteMax'
  | 'minuteWindowMs'
  | 'minuteKinds'
  | 'penaltyMs'
  | 'penaltyProlongs'
  | 'quotaCountsToMinute'
  | 'refusedCountsToMinute'
  | 'refusedCountsToDay'
>

export function createLimiter(settings: LimiterSettings): Limiter {
  const bounds = { max: settings.minuteMax, windowMs: settings.minuteWindowMs }
  const windows = settings.minuteKinds.map((kind) => createMinuteWindow(kind, bounds))
  const days = new Map<string, { day: number; used: number }>()
  let penaltyEndMs = Number.NEGATIVE_INFINITY

  const dayOf = (account: string, wallMs: number): { day: number; used: number } => {
    const day = Math.floor(wallMs / 86_400_000)
    const known = days.get(account)
    if (known?.day === day) return known
    const fresh = { day, used: 0 }
    days.set(account, fresh)
    return fresh
  }

  const refusesMinute = (nowMs: number): boolean => {
    if (nowMs < penaltyEndMs) {
      if (settings.penaltyProlongs) penaltyEndMs = nowMs + settings.penaltyMs
      return true
    }
    if (windows.every((window) => window.hasRoom(nowMs))) return false
    penaltyEndMs = nowMs + settings.penaltyMs
    return true
  }

  const chargeMinute = (nowMs: number): { readonly tooFast: boolean } => {
    const tooFast = refusesMinute(nowMs)
    if (!tooFast || settings.refusedCountsToMinute) {
      for (const window of windows) window.count(nowMs)
    }
    return { tooFast }
  }

  return {
    arrive({ nowMs, wallMs, isQuota, account, dayMax }) {
      const chargedToMinute = !isQuota || settings.quotaCountsToMinute
      const tooFast = chargedToMinute && chargeMinute(nowMs).tooFast
      const day = account === undefined || isQuota ? undefined : dayOf(account, wallMs)
      const dayIsOver = day !== undefined && day.used >= dayMax
      const refused = tooFast || dayIsOver
      const chargedToDay = day !== undefined && (!refused || settings.refusedCountsToDay)
      if (day !== undefined && chargedToDay) day.used += 1
      const charged = { chargedToMinute, chargedToDay }
      return refused ? { ...charged, refusal: tooFast ? 12 : 11 } : charged
    },
    dayUsed: (account, wallMs) => dayOf(account, wallMs).used,
  }
}
