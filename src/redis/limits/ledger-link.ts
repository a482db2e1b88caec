/**
 * The link to the script: questions with an answer, and messages that must reach Redis even if it is away
 * just now. Every answer carries the state; while nothing is asked, the link asks for it.
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
import type { Message, Outbox } from './outbox.js'

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
  /** Reports, in a sentence for the log, a precaution that the operator should know of. */
  readonly onTrouble: (text: string) => void
  /** Called when Redis may have lost its data. Default: not called. */
  readonly onLoss?: () => void
  /** Why the replicas cannot agree on Redis, although it answers. Default: they can. */
  readonly contactProblem?: () => string | undefined
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

export class LedgerLink {
  readonly mirror: Mirror
  readonly #options: LedgerLinkOptions
  readonly #listeners = new Set<() => void>()
  readonly #outbox: Outbox
  readonly #clockJumpMs: number
  readonly #keys: readonly string[]
  /** Sent with every question. */
  readonly #common: Readonly<Record<string, unknown>>
  readonly #timer: NodeJS.Timeout
  #trouble: string | undefined = 'Redis has not answered yet'
  #looking: Promise<void> | undefined
  #isClosed = false
  #seen = ''

  constructor(options: LedgerLinkOptions) {
    const { redis, clock, window, prefix, egress, replica, trustsNew, worstMs } = options
    this.#options = options
    this.mirror = new Mirror(window.max)
    this.#outbox = createOutbox({
      clock,
      maxAgeMs: worstMs,
      send: (message) => this.ask(message),
      onTold: () => this.changed(),
    })
    this.#clockJumpMs = Math.min(CLOCK_JUMP_MS, window.marginMs / 2)
    const shared = ['pauses', 'days', 'spent', 'quota', 'seeded'].map((name) => prefix + name)
    const ofEgress = ['slots', 'out', 'demand'].map((name) => `${prefix}${name}:${egress}`)
    this.#keys = [`${prefix}meta`, ...ofEgress, ...shared]
    this.#common = {
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
    redis.onReady(() => this.#lookAround())
    this.#timer = setInterval(() => this.#lookAround(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /**
   * Resolves at once if Redis answered last time, else with the next look at it: one for all requests
   * that wait, so that Redis finds no heap of questions when it is back. Rejects if that gets no answer.
   */
  async ready(): Promise<void> {
    if (this.#trouble !== undefined) await this.#look()
  }

  /** Rejects if Redis did not answer. */
  async ask<T>(question: Message): Promise<T> {
    const { redis, clock, trustsNew } = this.#options
    const sentMs = clock.monotonicMs()
    const isFirst = !this.mirror.isKnown
    let answer: Answer<T>
    try {
      const argument = { ...this.#common, ...question, trustsNew: trustsNew && isFirst }
      answer = JSON.parse(await redis.run(LEDGER_SCRIPT, this.#keys, argument)) as Answer<T>
      this.#trouble = undefined
    } catch (error) {
      this.#trouble = `the ledger on Redis cannot be asked: ${(error as Error).message}`
      throw error
    }
    const { state } = answer
    // The state from before the loss, if there was one: the next answer replaces it.
    const before = state.epoch === this.mirror.epoch ? undefined : seedOf(this.mirror, sentMs)
    const aheadMs = this.mirror.learn(state, { sentMs, atMs: clock.monotonicMs() })
    if (isFirst) this.#begin(state)
    else await this.#assertSound(question, { aheadMs, before })
    return answer.result
  }

  #begin(state: ScriptState): void {
    const { seed } = this.#options
    if (seed !== undefined) this.#outbox.add({ op: 'seed', ...seed }, true)
    if (this.mirror.closedUntilMs > state.now) this.#sayClosed('there is no history on Redis')
  }

  async #assertSound(
    question: Message,
    { aheadMs, before }: { aheadMs: number; before: Seed | undefined },
  ): Promise<void> {
    const { onTrouble, onLoss } = this.#options
    if (aheadMs > this.#clockJumpMs && question.op !== 'distrust') {
      // Slots came back before their time, so no permit that it gave is good.
      onTrouble(`the clock of Redis went ahead by ${Math.round(aheadMs)} ms`)
      await this.ask({ op: 'distrust' })
      throw new Error('the clock of Redis cannot be trusted just now')
    }
    if (before !== undefined && this.mirror.isLoss) {
      this.#outbox.add({ op: 'seed', ...before }, true)
      this.#sayClosed('Redis was restarted, lost data, or its clock cannot be trusted')
      onLoss?.()
    }
  }

  #sayClosed(why: string): void {
    const { clock, onTrouble } = this.#options
    const leftMs = this.mirror.closedUntilMs - this.mirror.redisNow(clock.monotonicMs())
    onTrouble(
      `${why}: nothing is sent for ${Math.ceil(leftMs / 1_000)} s, because requests sent before may still count; hits go on`,
    )
  }

  #look(): Promise<void> {
    this.#looking ??= this.ask({ op: 'look', wantsSpent: true })
      .then(() => {
        void this.#outbox.sendAll()
        const { slots, pauses, epoch } = this.mirror
        const now = JSON.stringify([slots.length, [...pauses], epoch])
        if (now !== this.#seen) this.changed()
        this.#seen = now
      })
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  /** `problem()` says so where it fails. */
  #lookAround(): void {
    if (!this.#isClosed) this.#look().catch(() => {})
  }

  /** Of this loss only: `epoch` keeps a late message from ending the quarantine after another one. */
  endQuarantine(): boolean {
    const { mirror } = this
    const nowMs = mirror.redisNow(this.#options.clock.monotonicMs())
    if (!mirror.isKnown || mirror.closedUntilMs <= nowMs) return false
    mirror.closedUntilMs = 0
    this.tell({ op: 'end-quarantine', epoch: mirror.epoch })
    this.changed()
    return true
  }

  /** See outbox.ts. */
  tell(message: Message): void {
    this.#outbox.add(message, this.#trouble === undefined)
  }

  /** Why nothing can be sent, if nothing can. */
  problem(): string | undefined {
    return this.#trouble ?? this.#options.contactProblem?.()
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#outbox.sendAll()
    this.#isClosed = true
    this.#listeners.clear()
    await this.#options.redis.close()
  }
}
