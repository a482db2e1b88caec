/**
 * The way to the script: questions that somebody waits for, and what has to be told even if Redis is away
 * just now. Every answer brings the state along; where nothing is asked for a while, it is looked at.
 */

import type { RedisConnection } from '../../storage/redis/connection.js'
import type { Clock } from '../types.js'
import type { WindowRules } from '../window.js'
import { Mirror } from './mirror.js'
import type { ScriptState } from './mirror.js'
import { LEDGER_SCRIPT } from './script.js'

export interface LedgerLinkOptions {
  readonly redis: RedisConnection
  readonly clock: Clock
  readonly window: WindowRules
  /** What stands before every key, with the part in braces that puts all in one hash slot. */
  readonly prefix: string
  /** The address that requests leave by: replicas with the same one share its window. */
  readonly egress: string
  /** This process, among those on the same Redis. */
  readonly replica: string
  /** A database without any history is a new one, and not one that lost its data. */
  readonly trustsNew: boolean
  /** The longest that a permit can count, from when it is taken. */
  readonly worstMs: number
  /** Something was done for everybody's safety that people should know of. */
  readonly onTrouble: (text: string) => void
}

export interface LedgerLink {
  readonly mirror: Mirror
  /** Rejects if Redis did not answer. */
  ask<T>(question: { readonly op: string } & Record<string, unknown>): Promise<T>
  /** Told in order, and once more after a reconnection; too old to matter, it is dropped. */
  tell(message: { readonly op: string } & Record<string, unknown>): void
  /** Why nothing can leave, if nothing can. */
  problem(): string | undefined
  changed(): void
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

interface Answer<T> {
  readonly result: T
  readonly state: ScriptState
}

const LOOK_EVERY_MS = 500
/** Messages that wait for Redis; past it the oldest are dropped, which is the safe side of a permit. */
const MAX_UNTOLD = 5_000
/** Further than two clocks drift apart between two answers. */
const CLOCK_JUMP_MS = 100
const RECOVERY_STEP_MS = 600_000
const DEMAND_MS = 1_000
const MAX_SPENT_FIELDS = 10_000

export function createLedgerLink(options: LedgerLinkOptions): LedgerLink {
  const { redis, clock, window, prefix, egress, replica, trustsNew, worstMs, onTrouble } = options
  const mirror = new Mirror(window.max)
  const listeners = new Set<() => void>()
  const untold: { readonly message: { op: string }; readonly sinceMs: number }[] = []
  const keys = [
    `${prefix}meta`,
    `${prefix}slots:${egress}`,
    `${prefix}out:${egress}`,
    `${prefix}demand:${egress}`,
    `${prefix}pauses`,
    `${prefix}days`,
    `${prefix}spent`,
    `${prefix}quota`,
  ]
  const common = {
    max: window.max,
    replica,
    worstMs,
    trustsNew,
    ceilingField: `ceiling:${egress}`,
    recoveryStepMs: RECOVERY_STEP_MS,
    demandMs: DEMAND_MS,
    maxSpent: MAX_SPENT_FIELDS,
  }
  let trouble: string | undefined = 'Redis has not answered yet'
  let isTelling = false
  let isLooking = false
  let isClosed = false
  let seen = ''

  const changed = (): void => {
    for (const listener of listeners) listener()
  }

  async function ask<T>(question: { readonly op: string } & Record<string, unknown>): Promise<T> {
    const sentMs = clock.monotonicMs()
    const isFirst = !mirror.isKnown
    let answer: Answer<T>
    try {
      const argument = { ...common, ...question, trustsNew: trustsNew && isFirst }
      answer = JSON.parse(await redis.run(LEDGER_SCRIPT, keys, argument)) as Answer<T>
      trouble = undefined
    } catch (error) {
      trouble = `the ledger on Redis cannot be asked: ${(error as Error).message}`
      throw error
    }
    const { state } = answer
    const { epoch } = mirror
    const aheadMs = mirror.learn(state, { sentMs, atMs: clock.monotonicMs() })
    if (!isFirst && aheadMs > CLOCK_JUMP_MS && question.op !== 'distrust') {
      // Slots came back before their time, so no permit that it gave is good.
      onTrouble(
        `the clock of Redis went ahead by ${Math.round(aheadMs)} ms: nothing leaves for ${Math.ceil(worstMs / 1_000)} s`,
      )
      await ask({ op: 'distrust' })
      throw new Error('the clock of Redis cannot be trusted just now')
    }
    if (!isFirst && epoch !== mirror.epoch && mirror.isLoss) {
      onTrouble(
        `Redis was restarted or lost data: nothing leaves for ${Math.ceil(worstMs / 1_000)} s, then the day is asked of /quota/`,
      )
    }
    return answer.result
  }

  async function tellAll(): Promise<void> {
    if (isTelling) return
    isTelling = true
    try {
      for (;;) {
        const next = untold[0]
        if (next === undefined) return
        // A permit's worst case is over: what was told late would only take another's slot.
        if (clock.monotonicMs() - next.sinceMs < worstMs) await ask(next.message)
        untold.shift()
        changed()
      }
    } catch {
      // Told when Redis is back, see look().
    } finally {
      isTelling = false
    }
  }

  async function look(): Promise<void> {
    if (isLooking || isClosed) return
    isLooking = true
    try {
      await ask({ op: 'look', wantsSpent: true })
      await tellAll()
      const now = JSON.stringify([mirror.slots.length, [...mirror.pauses], mirror.epoch])
      if (now !== seen) changed()
      seen = now
    } catch {
      // `problem()` says so.
    } finally {
      isLooking = false
    }
  }

  redis.onReady(() => void look())
  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()

  return {
    mirror,
    ask,
    tell(message) {
      untold.push({ message, sinceMs: clock.monotonicMs() })
      if (untold.length > MAX_UNTOLD) untold.shift()
      void tellAll()
    },
    problem: () => trouble,
    changed,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      clearInterval(timer)
      await tellAll()
      isClosed = true
      listeners.clear()
      await redis.close()
    },
  }
}
