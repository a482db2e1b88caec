/**
 * The way to the script: questions that somebody waits for, and what has to be told even if Redis is away
 * just now. Every answer brings the state along; where nothing is asked for a while, it is looked at.
 */

import type { RedisConnection } from '../connection/redis-connection.js'
import type { Clock } from '../../limits/ledger/types.js'
import type { WindowRules } from '../../limits/ledger/window.js'
import { Mirror } from './ledger-mirror.js'
import type { ScriptState } from './ledger-mirror.js'
import { LEDGER_FORMAT, LEDGER_SCRIPT } from './ledger-script.js'
import { seedOf } from './ledger-seed.js'
import type { Seed } from './ledger-seed.js'
import { createOutbox } from './outbox.js'
import type { Message } from './outbox.js'

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
  /** What was spent before there was a ledger on Redis. Default: nothing. */
  readonly seed?: Seed
  /** Something was done for everybody's safety that people should know of. */
  readonly onTrouble: (text: string) => void
  /** What was on Redis may be gone. Default: nobody needs to know. */
  readonly onLoss?: () => void
}

export interface LedgerLink {
  readonly mirror: Mirror
  /**
   * Resolves at once if Redis answered last time, else with the next look at it: one for all who wait, so
   * that Redis finds no heap of questions when it is back. Rejects if that gets no answer.
   */
  ready(): Promise<void>
  /** Rejects if Redis did not answer. */
  ask<T>(question: Message): Promise<T>
  /** See outbox.ts. */
  tell(message: Message): void
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
/** Further than two clocks drift apart between two answers, and less than the margin of the window. */
const CLOCK_JUMP_MS = 100
const RECOVERY_STEP_MS = 600_000
const DEMAND_MS = 1_000
const MAX_SPENT_FIELDS = 10_000

export function createLedgerLink(options: LedgerLinkOptions): LedgerLink {
  const { redis, clock, window, prefix, egress, replica, trustsNew, worstMs, onTrouble } = options
  const mirror = new Mirror(window.max)
  const listeners = new Set<() => void>()
  const outbox = createOutbox({ clock, maxAgeMs: worstMs, send: ask, onTold: changed })
  const clockJumpMs = Math.min(CLOCK_JUMP_MS, window.marginMs / 2)
  const keys = [
    `${prefix}meta`,
    `${prefix}slots:${egress}`,
    `${prefix}out:${egress}`,
    `${prefix}demand:${egress}`,
    `${prefix}pauses`,
    `${prefix}days`,
    `${prefix}spent`,
    `${prefix}quota`,
    `${prefix}seeded`,
  ]
  const common = {
    format: LEDGER_FORMAT,
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
  let looking: Promise<void> | undefined
  let isClosed = false
  let seen = ''

  function changed(): void {
    for (const listener of listeners) listener()
  }

  async function ask<T>(question: Message): Promise<T> {
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
    // Of before the loss, if there was one: with the next answer it is forgotten here, too.
    const before = state.epoch === epoch ? undefined : seedOf(mirror, sentMs)
    const aheadMs = mirror.learn(state, { sentMs, atMs: clock.monotonicMs() })
    if (isFirst) {
      if (options.seed !== undefined) outbox.add({ op: 'seed', ...options.seed }, true)
      if (mirror.closedUntilMs > state.now) sayClosed('there is no history on Redis')
      return answer.result
    }
    if (aheadMs > clockJumpMs && question.op !== 'distrust') {
      // Slots came back before their time, so no permit that it gave is good.
      onTrouble(`the clock of Redis went ahead by ${Math.round(aheadMs)} ms`)
      await ask({ op: 'distrust' })
      throw new Error('the clock of Redis cannot be trusted just now')
    }
    if (before !== undefined && mirror.isLoss) {
      outbox.add({ op: 'seed', ...before }, true)
      sayClosed('Redis was restarted, lost data, or its clock cannot be trusted')
      options.onLoss?.()
    }
    return answer.result
  }

  function sayClosed(why: string): void {
    const leftMs = mirror.closedUntilMs - mirror.redisNow(clock.monotonicMs())
    onTrouble(
      `${why}: nothing leaves for ${Math.ceil(leftMs / 1_000)} s, since what left before may still count; hits go on`,
    )
  }

  function look(): Promise<void> {
    looking ??= ask({ op: 'look', wantsSpent: true })
      .then(() => {
        void outbox.sendAll()
        const now = JSON.stringify([mirror.slots.length, [...mirror.pauses], mirror.epoch])
        if (now !== seen) changed()
        seen = now
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  /** `problem()` says so where it fails. */
  function lookAround(): void {
    if (!isClosed) look().catch(() => {})
  }

  redis.onReady(lookAround)
  const timer = setInterval(lookAround, LOOK_EVERY_MS)
  timer.unref()

  return {
    mirror,
    ask,
    ready: async () => {
      if (trouble !== undefined) await look()
    },
    tell: (message) => outbox.add(message, trouble === undefined),
    problem: () => trouble,
    changed,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      clearInterval(timer)
      await outbox.sendAll()
      isClosed = true
      listeners.clear()
      await redis.close()
    },
  }
}
