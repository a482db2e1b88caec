/**
 * The first question: does the budget last? One sentence, and one with the figures; for the page and
 * for the command `status`.
 */

import { hourMinute, number, span } from './human-format.js'
import type { DayStatus, Status } from './status-report.js'

export interface Verdict {
  readonly level: 'good' | 'warn' | 'bad'
  readonly title: string
  readonly detail: string
}

export const SIGNS = { good: '✓', warn: '!', bad: '✕' } as const

export function verdictOf(status: Status, nowMs: number): Verdict {
  const { pauses, budgets } = status
  const [pause] = pauses
  if (pause !== undefined) {
    const what =
      pause.scope === 'window' ? 'Everything' : pause.scope.replace(/^account:/u, 'Account ')
    const end =
      pause.leftSeconds === null
        ? 'until a person resumes'
        : `for ${span(pause.leftSeconds * 1_000)} more`
    return {
      level: 'bad',
      title: `${what} is paused, ${end}`,
      detail: `${pause.detail}. Stored answers are still served.`,
    }
  }
  const worst = budgets.day.toSorted((a, b) => urgency(b, nowMs) - urgency(a, nowMs))[0]
  if (worst === undefined) {
    return {
      level: 'good',
      title: 'Nothing was spent yet',
      detail: 'The day begins with the first request to Intervals.',
    }
  }
  return verdictOfDay(worst, { nowMs, isOneOfMany: budgets.day.length > 1 })
}

function verdictOfDay(
  day: DayStatus,
  { nowMs, isOneOfMany }: { readonly nowMs: number; readonly isOneOfMany: boolean },
): Verdict {
  const left = Math.max(0, day.max - day.used)
  const leftMs = Date.parse(day.reset) - nowMs
  const whose = isOneOfMany ? ` of ${day.account}` : ''
  const stand = `${number(left)} of ${number(day.max)} calls left for ${span(leftMs)}`
  if (left === 0) {
    return {
      level: 'bad',
      title: `The day${whose} is spent`,
      detail: `Calls come back at 00:00 UTC, in ${span(leftMs)}. Stored answers are still served.`,
    }
  }
  if (day.lastsUntil !== null) {
    const at = Date.parse(day.lastsUntil)
    return {
      level: at - nowMs < 3_600_000 ? 'bad' : 'warn',
      title: `The day${whose} will not last: it runs out at ${hourMinute(at)} UTC, in ${span(at - nowMs)}`,
      detail: `${stand}, at ${number(day.perHour)} an hour.`,
    }
  }
  const atEnd = Math.max(0, left - (day.perHour * leftMs) / 3_600_000)
  return {
    level: 'good',
    title: isOneOfMany ? 'All days last' : 'The day lasts',
    detail: `${isOneOfMany ? `Nearest to its end is ${day.account}: ` : ''}${stand}; at ${number(day.perHour)} an hour about ${number(atEnd)} will be left at midnight UTC.`,
  }
}

/** Spent, then the one that runs out first, then the one with the least left. */
function urgency({ max, used, lastsUntil }: DayStatus, nowMs: number): number {
  if (used >= max) return Infinity
  if (lastsUntil !== null) return 1e6 - (Date.parse(lastsUntil) - nowMs) / 86_400
  return used / max
}
