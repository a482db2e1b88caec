/**
 * The first question: can the proxy do its work, and does the budget last? One sentence, and one with the
 * figures; for the page and for the command `status`.
 */

import { headline } from './health.js'
import { number, span } from './human-format.js'
import type { DayStatus, Status } from './status-report.js'

export interface Verdict {
  readonly level: 'good' | 'warn' | 'bad'
  readonly title: string
  readonly detail: string
}

export const SIGNS = { good: '✓', warn: '!', bad: '✕' } as const

export function verdictOf({ health, budgets }: Status, nowMs: number): Verdict {
  const [reason, ...others] = health.reasons
  if (reason !== undefined) {
    const [title, figures] = headline(reason)
    const also = others.map((one) => ` Also: ${headline(one)[0]}.`).join('')
    return {
      level: health.status === 'down' ? 'bad' : 'warn',
      title,
      detail: `${figures}.${also}`,
    }
  }
  const [nearest, ...more] = budgets.day.toSorted((a, b) => b.used / b.max - a.used / a.max)
  if (nearest === undefined) {
    return {
      level: 'good',
      title: 'Nothing was spent yet',
      detail: 'The day begins with the first request to Intervals.',
    }
  }
  return verdictOfDay(nearest, { nowMs, isOneOfMany: more.length > 0 })
}

function verdictOfDay(
  { account, used, max, reset, perHour }: DayStatus,
  { nowMs, isOneOfMany }: { readonly nowMs: number; readonly isOneOfMany: boolean },
): Verdict {
  const left = Math.max(0, max - used)
  const leftMs = Date.parse(reset) - nowMs
  const atEnd = Math.max(0, left - (perHour * leftMs) / 3_600_000)
  const whose = isOneOfMany ? `Nearest to its end is ${account}: ` : ''
  return {
    level: 'good',
    title: isOneOfMany ? 'All days last' : 'The day lasts',
    detail: `${whose}${number(left)} of ${number(max)} calls left for ${span(leftMs)}; at ${number(perHour)} an hour about ${number(atEnd)} will be left at midnight UTC.`,
  }
}
