/** Ledgers on one Redis: each scene is one set of books, and as many replicas as a test wants. */

import type { Test } from 'tap'
import { marginFor, NO_SHARES } from '../../src/limits/index.js'
import type { Clock, Ledger } from '../../src/limits/index.js'
import type { RedisLedgerOptions } from '../../src/redis/limits/redis-ledger.js'
import { connectRedis } from '../../src/redis/connection/connect.js'
import { realClock } from '../limits/real-clock.js'
import { LOST_MARGIN_MS, WINDOW_MS } from '../limits/setup.js'
import type { Limits } from '../limits/setup.js'
import type { RedisProcess } from './redis-process.js'
import { createRedisLedger } from '../../src/redis/limits/redis-ledger.js'

export interface LedgerScene {
  readonly prefix: string
  readonly holdMs: number
  /** From a loss of data until something may leave. */
  readonly worstMs: number
  readonly troubles: string[]
  /** One that Redis has answered. */
  replica(options?: Partial<RedisLedgerOptions> & { readonly clock?: Clock }): Promise<Ledger>
}

const SEND_WITHIN_MS = 500
const ANSWER_WITHIN_MS = 1_000
let scenes = 0

export function ledgerScene(
  t: Test,
  redis: Pick<RedisProcess, 'url'>,
  limits: Limits = {},
): LedgerScene {
  const prefix = `test:{${++scenes}}:`
  const windowMs = limits.windowMs ?? WINDOW_MS
  const marginMs = marginFor(windowMs)
  const holdMs = windowMs + marginMs
  const troubles: string[] = []
  let replicas = 0
  return {
    prefix,
    holdMs,
    worstMs: SEND_WITHIN_MS + ANSWER_WITHIN_MS + LOST_MARGIN_MS + holdMs,
    troubles,
    async replica(options = {}) {
      const ledger = createRedisLedger({
        redis: connectRedis({ url: redis.url, name: 'test', onError: () => {} }),
        clock: realClock,
        prefix,
        egress: 'default',
        replica: `replica-${++replicas}`,
        trustsNew: true,
        sendWithinMs: SEND_WITHIN_MS,
        answerWithinMs: ANSWER_WITHIN_MS,
        window: { max: limits.max ?? 3, windowMs, marginMs, lostMarginMs: LOST_MARGIN_MS },
        day: {
          planOf: (account) => ({
            max: limits.maxOf?.(account) ?? limits.dayMax ?? 100,
            maxWhileUnknown: 50,
            shares: limits.sharesOf?.(account) ?? NO_SHARES,
          }),
          skewGuardMs: 5_000,
          flightGuardMs: 35_000,
        },
        ...(limits.onSpent !== undefined && { onSpent: limits.onSpent }),
        onTrouble: (text) => troubles.push(text),
        ...options,
      })
      t.teardown(() => ledger.close())
      await eventually(
        () => !/has not answered|not connected/u.test(ledger.problem?.() ?? ''),
        'Redis',
      )
      return ledger
    },
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** Looks again until it holds; fails after a while. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for: ${what}`)
    await sleep(10)
  }
}
