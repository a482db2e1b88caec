/**
 * The ledger decides whether one request may be sent, against all limits together, and has that on disk
 * before it says yes. It joins three books (slots, days, pauses). It neither waits nor orders requests:
 * that is the work of the queue.
 */

import { UNKNOWN } from './day.js'
import type { QuotaAnswer, QuotaQuestion } from './day.js'
import { DayBook } from './day-book.js'
import { DayClock } from './day-clock.js'
import { explain } from './explain-refusal.js'
import type { Ledger, LedgerOptions, Remaining, Usage } from './ledger-port.js'
import type { JournalContents } from '../journal/journal.js'
import { PauseBook } from './pause-book.js'
import { accountsIn } from './pause-rules.js'
import type { Pause, RefusalFound, Refused } from './pause-rules.js'
import type { ShareUsage } from '../shares/shares.js'
import { SlotBook } from './slot-book.js'
import type { Clock, Decision, Hold, Permit, PermitEnd, TakeRequest } from './types.js'
import type { Room } from './window.js'

export type { Ledger, LedgerOptions, Remaining, Usage, WindowUsage } from './ledger-port.js'

const NO_DAYS: readonly string[] = []
const NO_PAUSES: readonly Pause[] = []

export const createLedger = (options: LedgerOptions): Ledger => new EmbeddedLedger(options)

/** A request that may be sent, with the slot and the days that it would take. */
interface Open {
  readonly kind: 'open'
  readonly slot: number
  readonly days: readonly string[]
}

class EmbeddedLedger implements Ledger {
  readonly #options: LedgerOptions
  readonly #clock: Clock
  readonly #slots: SlotBook
  readonly #pauses: PauseBook
  readonly #days: DayBook
  readonly #dayClock: DayClock
  readonly #inFlight = new Set<number>()
  readonly #listeners = new Set<() => void>()
  readonly #quotaListeners = new Set<(account: string) => void>()
  #lastPermit = 0

  constructor(options: LedgerOptions) {
    const { clock, journal, window } = options
    const contents = journal.load()
    const probeTimeoutMs = options.day.flightGuardMs
    this.#options = options
    this.#clock = clock
    const isUnknown = isWindowUnknown(contents, options)
    this.#slots = new SlotBook({ ...options, rules: window, contents })
    const filled = isUnknown ? this.#slots.fill() : undefined
    this.#pauses = new PauseBook({ journal, clock, contents, probeTimeoutMs })
    this.#dayClock = new DayClock({
      clock,
      restored: contents?.clock,
      // The boot is noted after the full window: a crash in between leaves a ledger of another boot.
      onSet: (record) => {
        const noted = filled?.then(() => journal.putClock(record)) ?? journal.putClock(record)
        noted.catch(() => {})
      },
    })
    const isTimeKnown = isSameBoot(contents?.clock, clock) && contents?.clock?.isSet === true
    this.#days = new DayBook({
      policy: options.day,
      clock,
      dayClock: this.#dayClock,
      journal,
      contents,
      earlier: options.earlier ?? [],
      // The last reading of other programs' calls is not kept.
      asksAgain: !isTimeKnown,
      asksFirst: isUnknown,
      doubtUntilMs: clock.monotonicMs() + window.lostMarginMs,
      maxAccounts: options.maxAccounts ?? 1_000,
    })
  }

  /** All limits are asked before any is charged, in one turn: nothing is taken by halves. */
  #decide(request: TakeRequest): Hold | Open {
    const paused = this.#pauses.isEmpty() ? undefined : this.#pauses.holding(request)
    if (paused !== undefined) return paused
    const days = request.chargesDay ? this.#days.decide(request) : NO_DAYS
    if ('kind' in days) return days
    const nowMs = this.#clock.monotonicMs()
    const slot = this.#slots.free(nowMs)
    if (slot === undefined) return { kind: 'wait', untilMs: this.#slots.nextFreeAt(nowMs) }
    return { kind: 'open', slot, days }
  }

  peek(request: TakeRequest): Hold | undefined {
    const decision = this.#decide(request)
    return decision.kind === 'open' ? undefined : decision
  }

  async take(request: TakeRequest): Promise<Decision> {
    const decision = this.#decide(request)
    if (decision.kind !== 'open') {
      if (decision.kind === 'ask-quota') this.#askQuota(request.account, decision.untilMs)
      return decision
    }
    const { account, consumer = UNKNOWN, resource = 'other' } = request
    const { onSpent, sendWithinMs = 5_000 } = this.#options
    const { slot, days } = decision
    const takenAtMs = this.#clock.monotonicMs()
    const permit: Permit = {
      id: ++this.#lastPermit,
      slot,
      account,
      consumer,
      resource,
      days,
      takenAtMs,
      takenAtWallMs: this.#dayClock.now(),
      sendByMs: takenAtMs + sendWithinMs,
    }
    this.#inFlight.add(permit.id)
    if (!this.#pauses.isEmpty()) this.#pauses.sent(permit, request)
    const durable: Promise<unknown>[] = [this.#slots.take(permit)]
    if (request.chargesDay) {
      durable.push(this.#days.charge(request, days))
      onSpent?.(permit, 1)
    }
    try {
      await Promise.all(durable)
    } catch (error) {
      this.settle(permit, 'unsent')
      throw error
    }
    return { kind: 'permitted', permit }
  }

  #askQuota(account: string, untilMs: number): void {
    this.#days.asked(account, untilMs)
    for (const listener of this.#quotaListeners) listener(account)
  }

  settle(permit: Permit, end: PermitEnd): void {
    if (!this.#inFlight.delete(permit.id)) {
      throw new TypeError(`permit ${permit.id} was settled twice`)
    }
    const { onSpent, window } = this.#options
    this.#slots.ended(permit, end)
    this.#days.ended(permit, end, window.lostMarginMs)
    if (end === 'unsent' && permit.days.length > 0) onSpent?.(permit, -1)
    if (end !== 'answered' && !this.#pauses.isEmpty()) this.#pauses.failed(permit)
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  accepted(permit: Permit): readonly Pause[] {
    if (this.#pauses.isEmpty()) return NO_PAUSES
    const ended = this.#pauses.accepted(permit)
    if (ended.length > 0) this.#changed()
    return ended
  }

  refused(refusal: RefusalFound): Pause | undefined {
    const { window } = this.#options
    const now = { wallMs: this.#dayClock.now(), held: this.#slots.room().held, window }
    const pause = this.pause({ ...refusal, ...explain(refusal, now) })
    if (pause?.reason === 'too-fast') this.#slots.lower()
    return pause
  }

  pause(refused: Refused): Pause | undefined {
    const pause = this.#pauses.refused(refused)
    if (pause !== undefined) this.#changed()
    return pause
  }

  resume(scope: string): boolean {
    const ended = this.#pauses.end(scope)
    if (!ended) return false
    this.#changed()
    // The plan may be another one by now, and other programs may have spent calls.
    for (const account of accountsIn(scope, this.#days.usage())) {
      for (const listener of this.#quotaListeners) listener(account)
    }
    return true
  }

  endQuarantine(): boolean {
    const ended = this.#slots.endQuarantine()
    if (ended) this.#changed()
    return ended
  }

  quotaQuestion(account: string): QuotaQuestion {
    return this.#days.question(account)
  }

  quotaAnswer(question: QuotaQuestion, answer: QuotaAnswer | undefined): void {
    this.#days.answer(question, answer)
    this.#changed()
  }

  observeDate(dateMs: number, sentMs: number): void {
    this.#dayClock.observe(dateMs, sentMs)
  }

  room(): Room {
    return this.#slots.room()
  }

  forecast(count: number): number {
    return this.#slots.forecast(count)
  }

  slotTimes(): readonly number[] {
    return this.#slots.slotTimes()
  }

  remaining(account: string): Remaining {
    const { held, nextFreeAtMs } = this.#slots.room()
    const nextInMs = nextFreeAtMs === Infinity ? 0 : nextFreeAtMs - this.#clock.monotonicMs()
    const { max, windowMs } = this.#options.window
    const window = { max, ceiling: this.#slots.ceiling(), windowMs, held, nextInMs }
    return { window, day: this.#days.usageOf(account) }
  }

  usage(): Usage {
    const nowMs = this.#clock.monotonicMs()
    const { held, inFlight } = this.#slots.room()
    const { max, windowMs } = this.#options.window
    const releasesInMs = this.#slots.releases().map((at) => at - nowMs)
    const ceiling = this.#slots.ceiling()
    return {
      window: { max, ceiling, windowMs, held, inFlight, releasesInMs },
      days: this.#days.usage(),
      pauses: this.#pauses.all(),
      quarantineMs: this.#slots.quarantineMs(),
      skewMs: this.#dayClock.skewMs(),
    }
  }

  shares(account: string): ShareUsage | undefined {
    return this.#days.shares(account)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onQuotaWanted(listener: (account: string) => void): () => void {
    this.#quotaListeners.add(listener)
    return () => this.#quotaListeners.delete(listener)
  }

  problem(): string | undefined {
    return this.#options.journal.problem()
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    this.#quotaListeners.clear()
    await this.#options.journal.close()
  }
}

/**
 * Whether records of the last window may be missing: they survive a crash of the process, but not one of the
 * machine. Where boots have no name, a restart is taken for one of the process.
 */
function isWindowUnknown(
  contents: JournalContents | undefined,
  { newDisk, clock }: LedgerOptions,
): boolean {
  if (contents === undefined) return newDisk === 'full'
  return contents.isDamaged || (clock.bootId !== null && !isSameBoot(contents.clock, clock))
}

const isSameBoot = (record: { bootId: string | null } | undefined, clock: Clock): boolean =>
  record !== undefined && record.bootId !== null && record.bootId === clock.bootId
