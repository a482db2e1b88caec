/** The answer of /-/status, as the dashboard and the command `status` read it. */

import type { Health } from './health.js'
import type { Class, Way } from './traffic.js'

export interface DayBudget {
  /** Requests that are kept now, for consumers with a share and for the two classes. */
  readonly kept: {
    readonly consumers: number
    readonly interactive: number
    readonly writes: number
  }
  /** Calls per hour, over this hour and the last. */
  readonly perHour: number
  readonly lastsUntil: string | null
}

export interface ConsumerBudget {
  readonly consumer: string
  readonly account: string
  readonly spentToday: number
  /** What its share of the day comes to, requests; null without one. */
  readonly shareOfDay: number | null
  readonly keptForIt: number
  readonly waiting: number
  /** When its last request ended; null: none since the process started. */
  readonly lastUsed: string | null
}

export interface DayStatus extends DayBudget {
  readonly account: string
  readonly day: string
  readonly used: number
  readonly max: number
  readonly reserve: number
  readonly reset: string
  readonly quotaRead: string | null
  readonly paused: boolean
}

/** How long answers are fresh, and why; see src/freshness. */
export interface FreshnessStatus {
  readonly mode: 'fixed' | 'paced' | 'saving'
  /** Empty in mode `fixed`. */
  readonly accounts: readonly {
    readonly account: string
    readonly priceSeconds: number
    readonly stretchedSince: string | null
    readonly keptTimes: number
    readonly longestSeconds: number
    readonly mandatoryLeft: number | null
    readonly spareLeft: number | null
    readonly shapes: readonly {
      readonly shape: string
      readonly looks: number
      readonly changesPerDay: number
      readonly ttlSeconds: number
      readonly ttlSecondsNow: number | null
    }[]
  }[]
}

export interface Status {
  readonly version: string
  readonly uptimeSeconds: number
  readonly now: string
  readonly health: Health
  readonly budgets: {
    readonly minute: {
      readonly used: number
      readonly max: number
      readonly ceiling: number
      readonly inFlight: number
      readonly windowSeconds: number
      readonly resetSeconds: number
      readonly paused: boolean
    }
    readonly day: readonly DayStatus[]
  }
  readonly today: {
    readonly since: string
    readonly requests: number
    readonly saved: number
    readonly calls: number
    readonly ways: Readonly<Record<Way, number>>
  }
  readonly pauses: readonly {
    readonly scope: string
    readonly reason: string
    readonly since: string
    readonly leftSeconds: number | null
    readonly untilResumed: boolean
    readonly refusals: number
    readonly detail: string
  }[]
  readonly queue: {
    readonly waiting: Readonly<Record<Class, number>>
    readonly oldestWaitSeconds: number
    readonly maxLength: number
  }
  readonly cache: {
    readonly entries: number
    readonly bytes: number
    readonly maxBytes: number
    readonly flights: number
    readonly overridden: {
      readonly since: string
      readonly resources: readonly string[]
      readonly directives: readonly string[]
    } | null
  }
  readonly freshness: FreshnessStatus
  readonly upstream: { readonly url: string; readonly clockOffsetMs: number | null }
  readonly consumers: readonly ConsumerBudget[]
}
