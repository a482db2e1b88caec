/** What one would put around each call instead of this proxy, set up as its own documentation shows. */

import Bottleneck from 'bottleneck'
import PQueue from 'p-queue'
import { RateLimiterMemory, RateLimiterQueue } from 'rate-limiter-flexible'

/** As JSON, since it is handed to a process. */
export type LimiterPlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'bottleneck'; readonly options: BottleneckOptions }
  | { readonly kind: 'rate-limiter-flexible'; readonly points: number; readonly seconds: number }
  | { readonly kind: 'p-queue'; readonly options: PQueueOptions }

interface BottleneckOptions {
  readonly reservoir?: number
  readonly reservoirRefreshAmount?: number
  /** Milliseconds, a multiple of 250. */
  readonly reservoirRefreshInterval?: number
  /** Milliseconds from one start to the next. */
  readonly minTime?: number
  readonly maxConcurrent?: number
}

interface PQueueOptions {
  readonly intervalCap: number
  /** Milliseconds. */
  readonly interval: number
  readonly strict?: boolean
  readonly carryoverIntervalCount?: boolean
}

/** Calls `send` when it may; what is not urgent stands behind, where the library has priorities. */
export type Limiter = <T>(send: () => Promise<T>, isUrgent: boolean) => Promise<T>

export function createLimiter(plan: LimiterPlan): Limiter {
  switch (plan.kind) {
    case 'none':
      return (send) => send()
    case 'bottleneck': {
      const limiter = new Bottleneck(plan.options)
      return (send, isUrgent) => limiter.schedule({ priority: isUrgent ? 5 : 9 }, send)
    }
    case 'rate-limiter-flexible': {
      const { points, seconds } = plan
      const queue = new RateLimiterQueue(new RateLimiterMemory({ points, duration: seconds }))
      return async (send) => {
        await queue.removeTokens(1)
        return send()
      }
    }
    case 'p-queue': {
      const queue = new PQueue(plan.options)
      return (send, isUrgent) => queue.add(send, { priority: isUrgent ? 1 : 0 })
    }
    default:
      throw new TypeError(`no limiter ${JSON.stringify(plan satisfies never)}`)
  }
}
