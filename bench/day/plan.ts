/** What is given to a day, and what comes out. */

import type { Verdict } from './judge.js'

export interface DayPlan {
  readonly front: 'direct' | 'ttl' | 'proxy'
  /** For `ttl`: the fresh times, times this. */
  readonly factor: number
  /** Midnight is 0. */
  readonly fromHour: number
  readonly hours: number
  readonly seed: number
  /** Nothing is refused: what would be called if nobody counted. */
  readonly isUnlimited: boolean
  /** Days before it, from which the proxy may learn. Default 0. */
  readonly daysBefore?: number
  /** 85 further edits in the web interface: times, expenses, milestones, clients and people. Default false. */
  readonly hasMoreEdits?: boolean
  /** So many times as many programs and people. Default 1. */
  readonly demand?: number
  /** For `proxy`: settings as in the file, added to the defaults. */
  readonly settings?: object
}

export interface DayResult extends Verdict {
  /** Requests that reached Intervals, those for its quota included. */
  readonly calls: number
  readonly quotaCalls: number
  readonly refusals: number
  readonly maxInAnyWindow: number
}
