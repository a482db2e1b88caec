/** How the shared ledger looks from here, by what was last heard of it: for forecasts and for people. */

import { maxOf, usedOf, dayOf } from '../../limits/ledger/day.js'
import type { DayPolicy, DayUsage } from '../../limits/ledger/day-types.js'
import type { Usage, WindowUsage } from '../../limits/ledger/ledger-port.js'
import type { Clock } from '../../limits/ledger/types.js'
import { nthFreeAt } from '../../limits/ledger/window.js'
import type { WindowRules, WindowState } from '../../limits/ledger/window.js'
import type { Mirror } from './ledger-mirror.js'
import type { Scopes } from './scopes.js'
import type { SharedDayClock } from './shared-clock.js'
import { accountDays, endOf } from './shared-shares.js'

export interface LedgerView {
  /** Slots that are taken or not back yet. */
  held(): number
  /** When `count` further slots are free, monotonic. */
  forecast(count: number): number
  usage(): Usage
}

export interface LedgerViewOptions {
  readonly mirror: Mirror
  readonly clock: Clock
  readonly dayClock: SharedDayClock
  readonly window: WindowRules
  readonly policy: DayPolicy
  readonly scopes: Scopes
}

/** Requests are taken to need this long, in forecasts only. */
const TYPICAL_FLIGHT_MS = 300

export function createLedgerView(options: LedgerViewOptions): LedgerView {
  const { mirror, clock, dayClock, window, policy, scopes } = options

  function windowState(nowMs: number): WindowState {
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

  const heldIn = ({ slots }: WindowState, nowMs: number): number =>
    slots.filter(({ permit, freeAtMs }) => permit !== null || freeAtMs > nowMs).length

  function windowUsage(nowMs: number): WindowUsage {
    const state = windowState(nowMs)
    return {
      max: window.max,
      ceiling: mirror.ceiling,
      windowMs: window.windowMs,
      held: heldIn(state, nowMs),
      inFlight: state.slots.filter(({ permit }) => permit !== null).length,
      releasesInMs: state.slots
        .filter(({ permit, freeAtMs }) => permit === null && freeAtMs > nowMs)
        .map(({ freeAtMs }) => freeAtMs - nowMs)
        .toSorted((a, b) => a - b),
    }
  }

  function dayUsage(account: string, day: string): DayUsage {
    const days = accountDays(mirror, account, day)
    const max = policy.maxOf(account)
    const needsQuota = max === 'auto' || mirror.isLoss
    return {
      account,
      day,
      used: usedOf(days, day),
      max: maxOf(days, { ...policy, max }),
      reserve: days.reserve,
      resetAtWallMs: endOf(day),
      quotaReadAtWallMs: days.quota?.wallMs,
      isUnknown: needsQuota && mirror.quotas.get(account)?.epoch !== mirror.epoch,
      doubtful: 0,
    }
  }

  return {
    held() {
      const nowMs = clock.monotonicMs()
      return heldIn(windowState(nowMs), nowMs)
    },
    forecast(count) {
      const nowMs = clock.monotonicMs()
      const rules = { count, nowMs, flightMs: TYPICAL_FLIGHT_MS, rules: window }
      return nthFreeAt(windowState(nowMs), rules)
    },
    usage() {
      const nowMs = clock.monotonicMs()
      const day = dayOf(dayClock.now())
      return {
        window: windowUsage(nowMs),
        days: [...mirror.accounts()].map((account) => dayUsage(account, day)),
        pauses: [...mirror.pauses.keys()].flatMap((scope) => {
          const pause = mirror.pauseOf(scope)
          if (pause === undefined || scopes.isElsewhere(scope)) return []
          const leftMs = Math.max(0, pause.untilMs - nowMs)
          return [{ ...pause, scope: scopes.toLocal(scope), leftMs }]
        }),
        skewMs: dayClock.skewMs(),
      }
    },
  }
}
