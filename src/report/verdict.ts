/**
 * The first question: can the proxy do its work, and does the budget last? One sentence, and one with the
 * figures; for the page and for the command `status`.
 */

import { headline } from './health.js'
import { hourMinute, number, span } from './human-format.js'
import type { DayStatus, Status } from './status-report.js'

export interface Verdict {
  readonly level: 'good' | 'warn' | 'bad'
  readonly title: string
  readonly detail: string
}

export const SIGNS = { good: '✓', warn: '!', bad: '✕' } as const

export function verdictOf({ health, budgets, freshness }: Status, nowMs: number): Verdict {
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
  const paced = freshness.accounts.find(({ account }) => account === nearest.account)
  return verdictOfDay(nearest, { nowMs, isOneOfMany: more.length > 0, paced })
}

interface DayContext {
  readonly nowMs: number
  readonly isOneOfMany: boolean
  /** Undefined in mode `fixed`. */
  readonly paced: Status['freshness']['accounts'][number] | undefined
}

function verdictOfDay(
  { account, used, max, reset, perHour }: DayStatus,
  { nowMs, isOneOfMany, paced }: DayContext,
): Verdict {
  const left = Math.max(0, max - used)
  const leftMs = Date.parse(reset) - nowMs
  const atEnd = Math.max(0, left - (perHour * leftMs) / 3_600_000)
  const whose = isOneOfMany ? `Nearest to its end is ${account}: ` : ''
  const stretchedSince = paced?.stretchedSince ?? null
  if (paced !== undefined && stretchedSince !== null) {
    const since = hourMinute(Date.parse(stretchedSince))
    const longest = span(paced.longestSeconds * 1_000)
    return {
      level: 'good',
      title: `${isOneOfMany ? 'All days last' : 'The day lasts'}: cached answers are kept longer since ${since} UTC`,
      detail: `${whose}${number(left)} of ${number(max)} calls left for ${span(leftMs)}. Answers are kept ${paced.keptTimes} times as long as their ttl on average, ${longest} at most; writes through the proxy are seen at once. /-/status has the figures under freshness.`,
    }
  }
  return {
    level: 'good',
    title: isOneOfMany ? 'All days last' : 'The day lasts',
    detail: `${whose}${number(left)} of ${number(max)} calls left for ${span(leftMs)}; at ${number(perHour)} an hour about ${number(atEnd)} will be left at midnight UTC.`,
  }
}
