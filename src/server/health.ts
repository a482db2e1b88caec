/** The health of the proxy as one function of its state; src/report/health.ts has the words. */

import type { Freshness } from '../freshness/index.js'
import type { Clock, Ledger, Usage } from '../limits/index.js'
import type { Disk } from '../cache/index.js'
import type { Events } from '../observability/events.js'
import type { LogOutput } from '../observability/log-output.js'
import type { Reachability } from '../observability/reachability.js'
import { HEALTH_CODES } from '../report/health.js'
import type { Health, HealthCode } from '../report/health.js'
import { hourMinute, number, span } from '../report/human-format.js'
import type { Budgets } from './budgets/budgets.js'
import type { Overload } from './edge/overload.js'

export interface HealthPorts {
  readonly ledger: Pick<Ledger, 'usage' | 'problem'>
  readonly budgets: Pick<Budgets, 'day'>
  readonly freshness: Pick<Freshness, 'report'>
  readonly overload: Pick<Overload, 'isShedding'>
  readonly reachability: Pick<Reachability, 'unreachable'>
  /** Without it nothing is stored on a disk. */
  readonly disk: Pick<Disk, 'problem'> | undefined
  readonly logOutput: Pick<LogOutput, 'dropping'> | undefined
  readonly events: Pick<Events, 'emit'>
  readonly clock: Pick<Clock, 'wallMs'>
}

export interface HealthWatch {
  now(): Health
  close(): void
}

interface Finding {
  readonly code: HealthCode
  readonly message: string
  /** Where it is known; otherwise it is the first look that found it, epoch milliseconds. */
  readonly sinceMs?: number
  /** A request that needs a call cannot be answered. */
  readonly isDown: boolean
}

/** These have events of their own, with more to say. */
const HAS_EVENT: ReadonlySet<HealthCode> = new Set(['paused', 'day-spent', 'day-will-not-last'])

const LOOK_EVERY_MS = 1_000
const STORED = 'Stored answers are still served'

export function createHealth(ports: HealthPorts): HealthWatch {
  const { clock, events } = ports
  const since = new Map<HealthCode, number>()

  function now(): Health {
    const nowMs = clock.wallMs()
    const found = findingsOf(ports, nowMs)
    for (const code of HEALTH_CODES) {
      const finding = found.find((one) => one.code === code)
      if (finding === undefined ? !since.delete(code) : since.has(code)) continue
      if (finding !== undefined) since.set(code, finding.sinceMs ?? nowMs)
      if (!HAS_EVENT.has(code))
        events.emit({ event: 'health', code, message: finding?.message ?? null })
    }
    const reasons = found
      .toSorted((a, b) => HEALTH_CODES.indexOf(a.code) - HEALTH_CODES.indexOf(b.code))
      .map(({ code, message, sinceMs = since.get(code) ?? nowMs }) => ({
        code,
        since: new Date(sinceMs).toISOString(),
        message,
      }))
    const isDown = found.some((one) => one.isDown)
    return { status: isDown ? 'down' : reasons.length > 0 ? 'degraded' : 'ok', reasons }
  }

  // So that it is known when something began, whether or not it is asked for.
  const timer = setInterval(now, LOOK_EVERY_MS)
  timer.unref()
  return { now, close: () => clearInterval(timer) }
}

function findingsOf(ports: HealthPorts, nowMs: number): readonly Finding[] {
  const { ledger, overload, reachability, logOutput } = ports
  const usage = ledger.usage()
  const problem = ledger.problem?.()
  const unreachable = reachability.unreachable()
  const dropping = logOutput?.dropping()
  const found: Finding[] = [...pausesIn(usage), ...daysIn(ports, usage, nowMs)]
  const full = ports.disk?.problem()
  if (problem !== undefined) {
    const message = `Calls cannot be counted, so none is sent. ${problem}. ${STORED}`
    found.push({ code: 'store-unavailable', message, isDown: true })
  } else if (full !== undefined) {
    const message = `The disk has no room, so no write is sent. ${full}. Reads are answered, but not stored`
    found.push({ code: 'store-unavailable', message, isDown: false })
  }
  if (unreachable !== undefined) {
    const { message, sinceMs } = unreachable
    const text = `Intervals cannot be reached. ${message}. ${STORED}; each new request tries again`
    found.push({ code: 'upstream-unreachable', message: text, sinceMs, isDown: true })
  }
  if (usage.quarantineMs !== undefined) {
    const message = `Nothing is sent for ${span(usage.quarantineMs)} more. The requests sent before this start are not known, so the proxy waits for a whole window. ${STORED}`
    found.push({ code: 'quarantine', message, isDown: true })
  }
  if (overload.isShedding()) {
    const message = `The proxy has more to do than it can. ${STORED}; server.overload has the limits`
    found.push({ code: 'overload', message, isDown: true })
  }
  if (dropping !== undefined) {
    const { lines, reason, sinceMs } = dropping
    const message = `The log is losing lines. ${number(lines)} were dropped: ${reason}. Read standard output, or free the disk of log.file`
    found.push({ code: 'log-lines-dropped', message, sinceMs, isDown: false })
  }
  return found
}

function pausesIn({ pauses, days }: Usage): readonly Finding[] {
  return pauses.map(({ scope, leftMs, detail, sinceWallMs }) => {
    const isAll = scope === 'window'
    const what = isAll ? 'Everything' : scope.replace(/^account:/u, 'Account ')
    const until = Number.isFinite(leftMs)
      ? `for ${span(leftMs)} more`
      : 'until an operator resumes it'
    return {
      code: 'paused',
      message: `${what} is paused ${until}. ${detail}. ${STORED}`,
      sinceMs: sinceWallMs,
      isDown: isAll || days.length <= 1,
    }
  })
}

function daysIn(
  { budgets, freshness }: HealthPorts,
  { days }: Usage,
  nowMs: number,
): readonly Finding[] {
  return days.flatMap((day): readonly Finding[] => {
    const { account, used, max, resetAtWallMs } = day
    const whose = days.length > 1 ? ` of ${account}` : ''
    if (used >= max) {
      const message = `The day${whose} is spent. ${number(used)} of ${number(max)} calls are used, and they come back at 00:00 UTC, in ${span(resetAtWallMs - nowMs)}. ${STORED}; /-/spending says who used them`
      return [{ code: 'day-spent', message, isDown: days.every((one) => one.used >= one.max) }]
    }
    const { lastsUntil, perHour } = budgets.day(day)
    // Entries are kept longer where that makes the day last, which the rate of the last hour does not know.
    const { spareLeft = -1 } = freshness.report(account, nowMs) ?? {}
    if (lastsUntil === null || spareLeft >= 0) return []
    const endMs = Date.parse(lastsUntil)
    const message = `The day${whose} will not last: it runs out at ${hourMinute(endMs)} UTC, in ${span(endMs - nowMs)}. ${number(max - used)} of ${number(max)} calls are left, at ${number(perHour)} an hour; /-/spending says who uses them`
    return [{ code: 'day-will-not-last', message, isDown: false }]
  })
}
