/**
 * The ledger decides whether one request may be sent, against all limits together, and has that on disk
 * before it says yes. It joins three books (slots, days, pauses). It neither waits nor orders requests:
 * that is the work of the queue.
 */

import { UNKNOWN } from './day.js'
import { DayBook } from './day-book.js'
import { DayClock } from './day-clock.js'
import { explain } from './explain-refusal.js'
import type { Ledger, LedgerOptions } from './ledger-port.js'
import { PauseBook } from './pause-book.js'
import { SlotBook } from './slot-book.js'
import type { Clock, Decision, Hold, Permit, PermitEnd, TakeRequest } from './types.js'

export type { Ledger, LedgerOptions, Remaining, Usage, WindowUsage } from './ledger-port.js'

const isSameBoot = (record: { bootId: string | null } | undefined, clock: Clock): boolean =>
  record !== undefined && record.bootId !== null && record.bootId === clock.bootId

const NO_DAYS: readonly string[] = []

export function createLedger(options: LedgerOptions): Ledger {
  const { clock, journal, sendWithinMs = 5_000, window } = options
  const contents = journal.load()
  const slots = new SlotBook({ ...options, rules: window, contents })
  const probeTimeoutMs = options.day.flightGuardMs
  const pauses = new PauseBook({ journal, clock, contents, probeTimeoutMs })
  const dayClock = new DayClock({
    clock,
    restored: contents?.clock,
    onSet: (record) => void journal.putClock(record).catch(() => {}),
  })
  const days = new DayBook({
    policy: options.day,
    clock,
    dayClock,
    journal,
    contents,
    earlier: options.earlier ?? [],
    // The last reading of other programs' calls is not kept.
    asksAgain: !isSameBoot(contents?.clock, clock) || contents?.clock?.isSet !== true,
    asksFirst: contents === undefined && options.newDisk === 'full',
    doubtUntilMs: clock.monotonicMs() + window.lostMarginMs,
    maxAccounts: options.maxAccounts ?? 1_000,
  })
  const inFlight = new Set<number>()
  const listeners = new Set<() => void>()
  const quotaListeners = new Set<(account: string) => void>()
  let lastPermit = 0

  function changed(): void {
    for (const listener of listeners) listener()
  }

  /** All limits are asked before any is charged, in one turn: nothing is taken by halves. */
  function decide(
    request: TakeRequest,
  ): Hold | { kind: 'open'; slot: number; days: readonly string[] } {
    const paused = pauses.isEmpty() ? undefined : pauses.holding(request)
    if (paused !== undefined) return paused
    const charged = request.chargesDay ? days.decide(request) : NO_DAYS
    if ('kind' in charged) return charged
    const nowMs = clock.monotonicMs()
    const slot = slots.free(nowMs)
    if (slot === undefined) return { kind: 'wait', untilMs: slots.nextFreeAt(nowMs) }
    return { kind: 'open', slot, days: charged }
  }

  async function take(request: TakeRequest): Promise<Decision> {
    const decision = decide(request)
    if (decision.kind !== 'open') {
      if (decision.kind === 'ask-quota') askQuota(request.account, decision.untilMs)
      return decision
    }
    const { account, consumer = UNKNOWN, resource = 'other' } = request
    const takenAtMs = clock.monotonicMs()
    const permit: Permit = {
      id: ++lastPermit,
      slot: decision.slot,
      account,
      consumer,
      resource,
      days: decision.days,
      takenAtMs,
      takenAtWallMs: dayClock.now(),
      sendByMs: takenAtMs + sendWithinMs,
    }
    inFlight.add(permit.id)
    if (!pauses.isEmpty()) pauses.sent(permit, request)
    const isDurable: Promise<unknown>[] = [slots.take(permit)]
    if (request.chargesDay) {
      isDurable.push(days.charge(request, permit.days))
      options.onSpent?.(permit, 1)
    }
    try {
      await Promise.all(isDurable)
    } catch (error) {
      settle(permit, 'unsent')
      throw error
    }
    return { kind: 'permitted', permit }
  }

  function askQuota(account: string, untilMs: number): void {
    days.asked(account, untilMs)
    for (const listener of quotaListeners) listener(account)
  }

  function settle(permit: Permit, end: PermitEnd): void {
    if (!inFlight.delete(permit.id)) throw new TypeError(`permit ${permit.id} was settled twice`)
    slots.ended(permit, end)
    days.ended(permit, end, window.lostMarginMs)
    if (end === 'unsent' && permit.days.length > 0) options.onSpent?.(permit, -1)
    if (end !== 'answered' && !pauses.isEmpty()) pauses.failed(permit)
    changed()
  }

  return {
    take,
    peek(request) {
      const decision = decide(request)
      return decision.kind === 'open' ? undefined : decision
    },
    settle,
    accepted(permit) {
      if (pauses.isEmpty()) return []
      const ended = pauses.accepted(permit)
      if (ended.length > 0) changed()
      return ended
    },
    refused(refusal) {
      const now = { wallMs: dayClock.now(), held: slots.room().held, window }
      const pause = pauses.refused({ ...refusal, ...explain(refusal, now) })
      if (pause?.reason === 'too-fast') slots.lower()
      if (pause !== undefined) changed()
      return pause
    },
    pause(refused) {
      const pause = pauses.refused(refused)
      if (pause !== undefined) changed()
      return pause
    },
    resume(scope) {
      const ended = pauses.end(scope)
      if (ended) changed()
      return ended
    },
    quotaQuestion: (account) => days.question(account),
    quotaAnswer(question, answer) {
      days.answer(question, answer)
      changed()
    },
    observeDate: (dateMs, sentMs) => dayClock.observe(dateMs, sentMs),
    room: () => slots.room(),
    forecast: (count) => slots.forecast(count),
    slotTimes: () => slots.slotTimes(),
    remaining(account) {
      const { held, nextFreeAtMs } = slots.room()
      const nextInMs = nextFreeAtMs === Infinity ? 0 : nextFreeAtMs - clock.monotonicMs()
      const { max, windowMs } = window
      const ceiling = slots.ceiling()
      return { window: { max, ceiling, windowMs, held, nextInMs }, day: days.usageOf(account) }
    },
    usage() {
      const nowMs = clock.monotonicMs()
      const { held, inFlight } = slots.room()
      return {
        window: {
          max: window.max,
          ceiling: slots.ceiling(),
          windowMs: window.windowMs,
          held,
          inFlight,
          releasesInMs: slots.releases().map((at) => at - nowMs),
        },
        days: days.usage(),
        pauses: pauses.all(),
        skewMs: dayClock.skewMs(),
      }
    },
    shares: (account) => days.shares(account),
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
