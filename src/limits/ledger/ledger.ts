/**
 * The ledger: says yes or no to one request leaving, against all limits together or not at all, and
 * has that on disk before it says yes. It joins the three books (slots, days, pauses); it neither
 * waits nor orders anybody: that is the queue's work.
 */

import { DayBook } from './day-book.js'
import type { Ledger, LedgerOptions } from './ledger-port.js'
import { PauseBook } from './pause-book.js'
import type { PausedDecision } from './pause-book.js'
import { WINDOW_SCOPE, accountScope } from './pause-rules.js'
import type { Pause } from './pause-rules.js'
import { DayClock } from './day-clock.js'
import { UNKNOWN } from '../shares/consumer-counts.js'
import { SlotBook } from './slot-book.js'
import { explain } from './explain-refusal.js'
import type { Clock, Decision, Permit, PermitEnd, TakeRequest } from './types.js'

export type { Ledger, LedgerOptions, Usage, WindowUsage } from './ledger-port.js'

const isSameBoot = (record: { bootId: string | null } | undefined, clock: Clock): boolean =>
  record !== undefined && record.bootId !== null && record.bootId === clock.bootId

/** Requests are taken to need this long, in forecasts only. */
const TYPICAL_FLIGHT_MS = 300

export function createLedger(options: LedgerOptions): Ledger {
  const { clock, journal, sendWithinMs = 5_000 } = options
  const contents = journal.load()
  const isNew = contents === undefined
  const isTimeKnown = isSameBoot(contents?.clock, clock) && contents?.clock?.isSet === true
  const isAuto = (account: string): boolean => options.day.maxOf(account) === 'auto'
  const slots = new SlotBook({ ...options, rules: options.window, contents })
  const pauses = new PauseBook({
    journal,
    clock,
    contents,
    probeTimeoutMs: options.day.flightGuardMs,
  })
  const days = new DayBook({
    policy: options.day,
    journal,
    contents,
    earlier: options.earlier ?? [],
    // What others spent was in the last reading, and that is not kept.
    asksAgain: (account) => isAuto(account) || !isTimeKnown,
    asksFirst: (account) => isAuto(account) || (isNew && options.newDisk === 'full'),
    doubtUntilMs: clock.monotonicMs() + options.window.lostMarginMs,
    maxAccounts: options.maxAccounts ?? 1_000,
  })
  const dayClock = new DayClock({
    clock,
    restored: contents?.clock,
    onSet: (record) => void journal.putClock(record).catch(() => {}),
  })
  const out = new Map<number, Permit>()
  const listeners = new Set<() => void>()
  const quotaListeners = new Set<(account: string) => void>()
  let lastPermit = 0

  const scopesOf = (account: string): readonly string[] => [WINDOW_SCOPE, accountScope(account)]
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const outOf = (account: string): number => {
    let count = 0
    for (const permit of out.values())
      if (permit.account === account && permit.days.length > 0) count++
    return count
  }

  const pausedBy = (request: TakeRequest): PausedDecision | undefined =>
    pauses.holding(scopesOf(request.account), request, clock.monotonicMs())

  /** All limits are asked before any is charged, in one turn: nothing is taken by halves. */
  function decide(request: TakeRequest): Decision | undefined {
    const paused = pausedBy(request)
    const { account, chargesDay } = request
    if (paused !== undefined || !chargesDay) return paused
    const nowMs = clock.monotonicMs()
    const day = days.check(request, {
      monotonicMs: nowMs,
      wallsMs: dayClock.readings(),
      out: outOf(account),
    })
    if (day.kind === 'open') return undefined
    if (day.kind === 'ask-quota') {
      for (const listener of quotaListeners) listener(account)
      return day
    }
    const untilMs = nowMs + Math.max(0, day.untilWallMs - dayClock.now())
    return { kind: day.kind === 'kept' ? 'day-kept' : 'day-spent', untilMs }
  }

  async function take(request: TakeRequest): Promise<Decision> {
    const refusal = decide(request)
    if (refusal !== undefined) return refusal
    const id = lastPermit + 1
    const slot = slots.take(id)
    if (slot === undefined) return { kind: 'wait', untilMs: slots.nextFreeAt() }
    lastPermit = id
    const nowMs = clock.monotonicMs()
    for (const scope of scopesOf(request.account)) {
      if (pauses.isProbeWanted(scope, request, nowMs)) pauses.probing(scope, id, nowMs)
    }
    const { account, consumer = UNKNOWN, resource = 'other' } = request
    const charged = request.chargesDay ? days.charge(request, dayClock.readings()) : undefined
    const permit: Permit = {
      id,
      slot,
      account,
      consumer,
      resource,
      days: charged?.days ?? [],
      takenAtMs: nowMs,
      takenAtWallMs: dayClock.now(),
      sendByMs: nowMs + sendWithinMs,
    }
    out.set(id, permit)
    if (permit.days.length > 0) options.onSpent?.(permit, 1)
    try {
      await Promise.all([slots.writeTaken(permit), charged?.durable])
    } catch (error) {
      settle(permit, 'unsent')
      throw error
    }
    return { kind: 'permitted', permit }
  }

  function settle(permit: Permit, end: PermitEnd): void {
    if (!out.delete(permit.id)) throw new TypeError(`permit ${permit.id} was settled twice`)
    if (end === 'unsent') {
      slots.giveBack(permit)
      days.discharge(permit)
      if (permit.days.length > 0) options.onSpent?.(permit, -1)
    } else {
      slots.ended(permit, { lost: end === 'dead' })
      if (end === 'answered') {
        const tookMs = clock.monotonicMs() - permit.takenAtMs
        days.narrow(permit, { answeredMs: dayClock.readings(), tookMs })
      }
    }
    if (end === 'dead') {
      days.doubt(permit.account, clock.monotonicMs() + options.window.lostMarginMs)
    }
    if (end !== 'answered') {
      for (const scope of scopesOf(permit.account)) {
        if (pauses.isProbe(scope, permit.id)) pauses.probeFailed(scope, clock.monotonicMs())
      }
    }
    changed()
  }

  return {
    take,
    settle,
    accepted(permit) {
      const ended: Pause[] = []
      for (const scope of scopesOf(permit.account)) {
        if (!pauses.isProbe(scope, permit.id)) continue
        const pause = pauses.end(scope)
        if (pause !== undefined) ended.push(pause)
      }
      if (ended.length > 0) changed()
      return ended
    },
    refused(refusal) {
      const pause = pauses.refused({
        scope: refusal.scope,
        reason: refusal.reason,
        ...explain(refusal, { wallMs: dayClock.now(), held: slots.held(), window: options.window }),
      })
      if (pause?.reason === 'too-fast') slots.lower()
      if (pause !== undefined) changed()
      return pause
    },
    pause(refused) {
      const pause = pauses.refused(refused)
      if (pause !== undefined) changed()
      return pause
    },
    pausedUntil(request) {
      const decision = pausedBy(request)
      return decision === undefined || decision.isProbed ? undefined : decision.untilMs
    },
    resume(scope) {
      const ended = pauses.end(scope) !== undefined
      if (ended) changed()
      return ended
    },
    quotaQuestion: (account) => days.ask(account, dayClock.now(), outOf(account)),
    quotaAnswer(question, answer) {
      days.answer(question, answer, { monotonicMs: clock.monotonicMs(), wallMs: dayClock.now() })
      changed()
    },
    observeDate: (dateMs, sentMs) => dayClock.observe(dateMs, sentMs),
    forecast: (count) => slots.nthFreeAt(count, TYPICAL_FLIGHT_MS),
    usage() {
      const nowMs = clock.monotonicMs()
      return {
        window: {
          max: slots.rules.max,
          ceiling: slots.ceiling(),
          windowMs: slots.rules.windowMs,
          held: slots.held(),
          inFlight: slots.inFlight(),
          releasesInMs: slots.releases().map((at) => at - nowMs),
        },
        days: [...days.usage({ monotonicMs: nowMs, wallMs: dayClock.now() })],
        pauses: pauses
          .all()
          .map((pause) => ({ ...pause, leftMs: Math.max(0, pause.untilMs - nowMs) })),
        skewMs: dayClock.skewMs(),
      }
    },
    shares: (account) => days.shares(account, dayClock.now()),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onQuotaWanted(listener) {
      quotaListeners.add(listener)
      return () => quotaListeners.delete(listener)
    },
    async close() {
      listeners.clear()
      quotaListeners.clear()
      await journal.close()
    },
  }
}
