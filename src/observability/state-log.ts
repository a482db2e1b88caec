/**
 * Logs changes of state once when they begin and once when they are over. Pauses have their own lines, see
 * upstream-events.ts.
 */

import type { FastifyBaseLogger } from 'fastify'
import type { Clock, Ledger } from '../limits/index.js'
import type { Overload } from '../server/edge/overload.js'

export interface StateLogOptions {
  readonly ledger: Pick<Ledger, 'usage' | 'problem'>
  readonly overload: Pick<Overload, 'isShedding'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  /** Between two looks, milliseconds. Default 1,000; 0: only when `look` is called. */
  readonly everyMs?: number
}

export interface StateLog {
  /** Compares the state with the last look, and logs the differences. */
  look(): void
  close(): void
}

interface DaySeen {
  readonly day: string
  readonly used: number
  readonly isSpent: boolean
}

export function createStateLog(options: StateLogOptions): StateLog {
  const { ledger, overload, clock, log, everyMs = 1_000 } = options
  const days = new Map<string, DaySeen>()
  let stopped: { readonly problem: string; readonly sinceMs: number } | undefined
  let sheddingSinceMs: number | undefined
  let ceiling: number | undefined

  const seconds = (sinceMs: number): string =>
    `${Math.round((clock.monotonicMs() - sinceMs) / 1_000)} s`

  function lookAtLedger(): void {
    const problem = ledger.problem?.()
    if (problem !== undefined && stopped === undefined) {
      stopped = { problem, sinceMs: clock.monotonicMs() }
      log.error({ state: 'stopped', problem }, `nothing goes out: ${problem}. Hits go on`)
    } else if (problem === undefined && stopped !== undefined) {
      log.info({ state: 'going-on' }, `requests go out again, after ${seconds(stopped.sinceMs)}`)
      stopped = undefined
    }
  }

  function lookAtWindow({ ceiling: now, max }: { ceiling: number; max: number }): void {
    // A restart may begin with one that was lowered before it.
    const before = ceiling ?? max
    ceiling = now
    if (now < before) {
      log.warn(
        { state: 'ceiling-lowered', ceiling: now, max },
        `the window is used up to ${now} of ${max}: Intervals refused earlier than it should, so something else sends from the same address. It rises again by itself`,
      )
    } else if (now > before && now === max) {
      log.info({ state: 'ceiling-restored', ceiling: now }, `the window is used up to ${max} again`)
    }
  }

  function lookAtDay(one: { account: string; day: string; used: number; max: number }): void {
    const { account, day, used, max } = one
    const before = days.get(account)
    const isSpent = used >= max
    days.set(account, { day, used, isSpent })
    if (before !== undefined && before.day !== day) {
      log.info(
        { state: 'new-day', account, day, yesterday: before.used },
        `a new day for ${account}: ${before.day} took ${before.used} calls, ${day} has ${max}`,
      )
    }
    const wasSpent = before?.day === day && before.isSpent
    if (isSpent && !wasSpent) {
      log.warn(
        { state: 'day-spent', account, day, used, max },
        `the day of ${account} is spent, ${used} of ${max}: only stored answers until midnight UTC`,
      )
    } else if (!isSpent && wasSpent) {
      log.info(
        { state: 'day-goes-on', account, day, used, max },
        `the day of ${account} has calls again, ${used} of ${max} are used`,
      )
    }
  }

  function lookAtLoad(): void {
    const isShedding = overload.isShedding()
    if (isShedding && sheddingSinceMs === undefined) {
      sheddingSinceMs = clock.monotonicMs()
      log.warn(
        { state: 'overloaded' },
        'more to do than can be done: only stored answers are served',
      )
    } else if (!isShedding && sheddingSinceMs !== undefined) {
      log.info(
        { state: 'not-overloaded' },
        `no longer overloaded, after ${seconds(sheddingSinceMs)}`,
      )
      sheddingSinceMs = undefined
    }
  }

  function look(): void {
    lookAtLedger()
    const { window, days: today } = ledger.usage()
    lookAtWindow(window)
    for (const day of today) lookAtDay(day)
    lookAtLoad()
  }

  const timer = everyMs === 0 ? undefined : setInterval(look, everyMs)
  timer?.unref()
  return { look, close: () => clearInterval(timer) }
}
