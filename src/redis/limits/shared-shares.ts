/** Shares of the day, from what all replicas together have spent: the arithmetic of shares.ts. */

import { DAY_MS, maxOf, usedOf } from '../../limits/ledger/day.js'
import type { AccountDays, QuotaReading } from '../../limits/ledger/day.js'
import type { DayPolicy } from '../../limits/ledger/day-types.js'
import { UNKNOWN } from '../../limits/shares/consumer-counts.js'
import type { ShareUsage } from '../../limits/shares/share-book.js'
import {
  decideShare,
  keptFor,
  keptForOthers,
  NO_SHARES,
  promised,
} from '../../limits/shares/shares.js'
import type { DayShares, DayState } from '../../limits/shares/shares.js'
import type { TakeRequest } from '../../limits/ledger/types.js'
import { dayField } from './ledger-mirror.js'
import type { Mirror } from './ledger-mirror.js'

export const endOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) + DAY_MS

/** The day of an account as day.ts knows it. */
export function accountDays(mirror: Mirror, account: string, day: string): AccountDays {
  const quota = mirror.quotas.get(account)
  const isRead = quota?.day !== undefined && quota.readAtMs !== undefined
  const taken = mirror.days.get(dayField(account, day)) ?? 0
  return {
    counts: new Map([[day, { taken, doubtful: 0 }]]),
    quota: isRead ? ({ ...quota, wallMs: quota.readAtMs } as QuotaReading) : undefined,
    reserve: quota?.reserve ?? 0,
  }
}

export interface SharedShares {
  /** Requests of these days that are kept for others than who asks. */
  keptForOthers(request: TakeRequest, days: readonly string[], wallMs: number): number
  /** When (epoch milliseconds) enough of it is lent. */
  keptUntil(request: TakeRequest, days: readonly string[], wallMs: number): number
  usage(account: string, day: string, wallMs: number): ShareUsage
}

export function createSharedShares(mirror: Mirror, policy: DayPolicy): SharedShares {
  const sharesOf = (account: string): DayShares => policy.sharesOf?.(account) ?? NO_SHARES

  function stateOf(account: string, day: string, wallMs: number): DayState {
    const days = accountDays(mirror, account, day)
    const max = maxOf(days, { ...policy, max: policy.maxOf(account) })
    const spent = mirror.spentOf(account, day)
    return {
      max,
      left: max - days.reserve - usedOf(days, day),
      spentBy: (consumer) => spent.get(consumer) ?? 0,
      untilEndMs: endOf(day) - wallMs,
    }
  }

  return {
    keptForOthers({ account, consumer = UNKNOWN, priority = 'interactive' }, days, wallMs) {
      const shares = sharesOf(account)
      const kept = days.map((day) =>
        keptForOthers(shares, stateOf(account, day, wallMs), { consumer, priority }),
      )
      return Math.max(0, ...kept)
    },
    keptUntil({ account, consumer = UNKNOWN, priority = 'interactive' }, days, wallMs) {
      let untilWallMs = wallMs + 1_000
      for (const day of days) {
        const verdict = decideShare(sharesOf(account), stateOf(account, day, wallMs), {
          consumer,
          priority,
        })
        if (verdict.kind === 'kept') {
          untilWallMs = Math.max(untilWallMs, endOf(day) - verdict.untilEndMs)
        }
      }
      return untilWallMs
    },
    usage(account, day, wallMs) {
      const shares = sharesOf(account)
      const state = stateOf(account, day, wallMs)
      const listed = [...shares.consumers].map(([consumer, share]) => ({
        consumer,
        promised: promised(share, state.max),
        kept: keptFor(shares, state, consumer),
      }))
      return { day, spent: mirror.spentOf(account, day), listed }
    },
  }
}
