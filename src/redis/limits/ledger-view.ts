/** The shared ledger as this replica last heard of it: for forecasts, status and pages. */

import {
  chargedDays,
  dayOf,
  dayState,
  endOfDay,
  maxOf,
  reserveFor,
  UNKNOWN,
  usedOf,
} from '../../limits/ledger/day.js'
import type {
  AccountDays,
  DayPolicy,
  DayUsage,
  QuotaAnswer,
  QuotaQuestion,
  QuotaReading,
} from '../../limits/ledger/day.js'
import { decideDay, lentAt } from '../../limits/ledger/day-decision.js'
import type { Remaining, Usage } from '../../limits/ledger/ledger-port.js'
import { holdOf } from '../../limits/ledger/pause-rules.js'
import type { Clock, Hold, TakeRequest } from '../../limits/ledger/types.js'
import { nthFreeAt, releases, roomOf, slotTimes } from '../../limits/ledger/window.js'
import type { Room, WindowRules, WindowState } from '../../limits/ledger/window.js'
import { keepsSomething, keptForOthers, shareUsage } from '../../limits/shares/shares.js'
import type { ShareUsage } from '../../limits/shares/shares.js'
import { dayField } from './ledger-mirror.js'
import type { Mirror, SharedSlot } from './ledger-mirror.js'
import type { Scopes } from './scopes.js'
import type { SharedDayClock } from './shared-clock.js'

/** Pause between two questions, after an answer of `/quota/` and after a question without one. */
const QUIET_MS = 5_000
const QUIET_AFTER_FAILURE_MS = 60_000

/** Parts of a member of the script's set of slots are separated by bars. */
export const memberPart = (text: string): string => text.replaceAll('|', '/')

export interface LedgerViewOptions {
  /** This process, among those on the same Redis. */
  readonly replica: string
  readonly mirror: Mirror
  readonly clock: Clock
  readonly dayClock: SharedDayClock
  readonly window: WindowRules
  readonly policy: DayPolicy
  readonly scopes: Scopes
}

export class LedgerView {
  readonly #options: LedgerViewOptions

  constructor(options: LedgerViewOptions) {
    this.#options = options
  }

  #window(nowMs: number): WindowState {
    const { mirror, window } = this.#options
    const slots = mirror.slots.map(({ freeAtMs, isOut }, i) => ({
      permit: isOut ? i : null,
      freeAtMs: mirror.toMonotonic(freeAtMs),
    }))
    const closedUntilMs = mirror.toMonotonic(mirror.closedUntilMs)
    if (mirror.isKnown && closedUntilMs > nowMs) {
      while (slots.length < window.max) slots.push({ permit: null, freeAtMs: closedUntilMs })
    }
    return { slots, ceiling: mirror.ceiling }
  }

  room(): Room {
    const nowMs = this.#options.clock.monotonicMs()
    return roomOf(this.#window(nowMs), nowMs)
  }

  /** When `count` further slots are free, monotonic. */
  forecast(count: number): number {
    const { clock, window } = this.#options
    const nowMs = clock.monotonicMs()
    return nthFreeAt(this.#window(nowMs), { count, nowMs, rules: window })
  }

  slotTimes(): readonly number[] {
    const { clock, window } = this.#options
    const nowMs = clock.monotonicMs()
    return slotTimes(this.#window(nowMs), { nowMs, rules: window })
  }

  /** See the port. */
  grantsElsewhere(
    of: { readonly credential: string } | { readonly consumer: string },
  ): readonly number[] {
    const { mirror, replica } = this.#options
    const isAsked = (slot: SharedSlot): boolean =>
      'credential' in of
        ? slot.credential === memberPart(of.credential)
        : slot.consumer === of.consumer
    return mirror.slots
      .filter((slot) => slot.replica !== replica && isAsked(slot))
      .map(({ takenAtMs }) => mirror.toMonotonic(takenAtMs))
      .toSorted((a, b) => a - b)
  }

  /** The day of an account as day.ts knows it. */
  days(account: string, days: readonly string[]): AccountDays {
    const { mirror } = this.#options
    const quota = mirror.quotas.get(account)
    const isRead = quota?.day !== undefined && quota.readAtMs !== undefined
    const counts = days.map((day) => {
      const taken = mirror.days.get(dayField(account, day)) ?? 0
      return [day, { taken, doubtful: 0, spentBy: mirror.spentOf(account, day) }] as const
    })
    return {
      counts: new Map(counts),
      quota: isRead ? ({ ...quota, wallMs: quota.readAtMs } as QuotaReading) : undefined,
      reserve: quota?.reserve ?? 0,
    }
  }

  quotaQuestion(account: string): QuotaQuestion {
    const { mirror, dayClock } = this.#options
    const day = dayOf(dayClock.now())
    const takenAtAsk = this.days(account, [day]).counts.get(day)?.taken ?? 0
    const inFlight = mirror.slots.filter(({ isOut }) => isOut).length
    return { account, day, takenAtAsk, settledAtAsk: takenAtAsk - Math.min(inFlight, takenAtAsk) }
  }

  /** The message to Redis about an answer, or about a question that got none. */
  learned(question: QuotaQuestion, answer: QuotaAnswer | undefined) {
    const { account, day } = question
    if (answer === undefined) return { account, quietMs: QUIET_AFTER_FAILURE_MS }
    const reading = { ...question, ...answer }
    const reserve = reserveFor(this.days(account, [day]).quota, reading)
    const isToday = dayOf(this.#options.dayClock.now()) === day
    return { account, quietMs: QUIET_MS, ...(isToday && { reading: { ...reading, reserve } }) }
  }

  #isUnknown(account: string): boolean {
    const { mirror, policy } = this.#options
    const needsQuota = policy.planOf(account).max === 'auto' || mirror.isLoss
    return needsQuota && mirror.quotas.get(account)?.epoch !== mirror.epoch
  }

  /** The decision that the script would make by what was last heard of it. */
  hold(request: TakeRequest): Hold | undefined {
    const { mirror, clock, scopes, policy, window } = this.#options
    if (!mirror.isKnown) return undefined
    const nowMs = clock.monotonicMs()
    const pauses = scopes.of(request.account).flatMap((scope) => {
      const pause = mirror.pauseOf(scope)
      return pause === undefined ? [] : { ...pause, scope: scopes.toLocal(scope) }
    })
    const paused = holdOf(pauses, request, { nowMs, probeTimeoutMs: policy.flightGuardMs })
    if (paused !== undefined) return paused
    const state = this.#window(nowMs)
    const room = roomOf(state, nowMs)
    const isClosed = mirror.toMonotonic(mirror.closedUntilMs) > nowMs
    const day = isClosed || !request.chargesDay ? undefined : this.#dayHold(request, nowMs)
    if (day !== undefined) return day
    if (room.free > 0) return undefined
    return { kind: 'wait', untilMs: nthFreeAt(state, { count: 1, nowMs, rules: window }) }
  }

  /** The script waits for `/quota/` by its own clock; here the wait begins anew each time. */
  #dayHold(request: TakeRequest, nowMs: number): Hold | undefined {
    const { dayClock, policy, mirror } = this.#options
    const wallsMs = dayClock.readings()
    const quietUntilMs = mirror.toMonotonic(mirror.quotas.get(request.account)?.quietUntilMs ?? 0)
    const account = {
      days: this.days(request.account, chargedDays(wallsMs, policy)),
      isUnknown: this.#isUnknown(request.account),
      askUntilMs: undefined,
      doubtUntilMs: -Infinity,
      quietUntilMs,
      inFlight: mirror.slots.filter(({ isOut }) => isOut).length,
    }
    const plan = policy.planOf(request.account)
    const found = decideDay(account, request, { plan, rules: policy, nowMs, wallsMs })
    return 'kind' in found ? found : undefined
  }

  /** Requests of these days that are kept for others than this consumer. */
  keptForOthers(request: TakeRequest, charged: readonly string[]): number {
    const { account, consumer = UNKNOWN, priority = 'interactive' } = request
    const plan = this.#options.policy.planOf(account)
    if (!keepsSomething(plan.shares)) return 0
    const wallMs = this.#options.dayClock.now()
    const days = this.days(account, charged)
    const kept = charged.map((day) =>
      keptForOthers(plan.shares, dayState(days, day, { plan, wallMs }), { consumer, priority }),
    )
    return Math.max(0, ...kept)
  }

  /** Upstream time at which enough of that is lent; undefined: now. */
  keptUntil(request: TakeRequest, charged: readonly string[]): number | undefined {
    const plan = this.#options.policy.planOf(request.account)
    const wallMs = this.#options.dayClock.now()
    return lentAt(this.days(request.account, charged), charged, { request, plan, wallMs })
  }

  shares(account: string): ShareUsage {
    const wallMs = this.#options.dayClock.now()
    const day = dayOf(wallMs)
    const plan = this.#options.policy.planOf(account)
    return shareUsage(plan.shares, dayState(this.days(account, [day]), day, { plan, wallMs }), day)
  }

  #dayUsage(account: string): DayUsage {
    const day = dayOf(this.#options.dayClock.now())
    const days = this.days(account, [day])
    return {
      account,
      day,
      used: usedOf(days, day),
      max: maxOf(days, this.#options.policy.planOf(account)),
      reserve: days.reserve,
      resetAtWallMs: endOfDay(day),
      quotaReadAtWallMs: days.quota?.wallMs,
      isUnknown: this.#isUnknown(account),
      doubtful: 0,
    }
  }

  remaining(account: string): Remaining {
    const { mirror, window, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const { held, nextFreeAtMs } = roomOf(this.#window(nowMs), nowMs)
    const { max, windowMs } = window
    const nextInMs = nextFreeAtMs === Infinity ? 0 : nextFreeAtMs - nowMs
    return {
      window: { max, ceiling: mirror.ceiling, windowMs, held, nextInMs },
      day: mirror.accounts().has(account) ? this.#dayUsage(account) : undefined,
    }
  }

  #quarantineMs(nowMs: number): number | undefined {
    const { mirror } = this.#options
    const leftMs = mirror.isKnown ? mirror.toMonotonic(mirror.closedUntilMs) - nowMs : 0
    return leftMs > 0 ? leftMs : undefined
  }

  usage(): Usage {
    const { mirror, clock, dayClock, window, scopes } = this.#options
    const nowMs = clock.monotonicMs()
    const state = this.#window(nowMs)
    const { held, inFlight } = roomOf(state, nowMs)
    const { max, windowMs } = window
    const releasesInMs = releases(state, nowMs).map((at) => at - nowMs)
    return {
      window: { max, ceiling: mirror.ceiling, windowMs, held, inFlight, releasesInMs },
      days: Array.from(mirror.accounts(), (account) => this.#dayUsage(account)),
      pauses: [...mirror.pauses.keys()].flatMap((scope) => {
        const pause = mirror.pauseOf(scope)
        if (pause === undefined || scopes.isElsewhere(scope)) return []
        const leftMs = Math.max(0, pause.untilMs - nowMs)
        return [{ ...pause, scope: scopes.toLocal(scope), leftMs }]
      }),
      quarantineMs: this.#quarantineMs(nowMs),
      skewMs: dayClock.skewMs(),
    }
  }
}
