/**
 * The ledger that several replicas share. One script on Redis' own clock decides (see ledger-script.ts);
 * this asks it, and keeps the last state that it heard for forecasts and pages. While Redis cannot be
 * asked nothing is sent: `take` rejects.
 */

import {
  chargedDays,
  dayOf,
  DAY_MS,
  narrowed,
  NOTHING_NARROWED,
  UNKNOWN,
} from '../../limits/ledger/day.js'
import type { DayPolicy, QuotaAnswer, QuotaQuestion } from '../../limits/ledger/day.js'
import { ASK_PATIENCE_MS } from '../../limits/ledger/day-decision.js'
import { explain } from '../../limits/ledger/explain-refusal.js'
import type { Ledger, Remaining, Usage } from '../../limits/ledger/ledger-port.js'
import { accountsIn } from '../../limits/ledger/pause-rules.js'
import type { Pause, RefusalFound, Refused } from '../../limits/ledger/pause-rules.js'
import { PRIORITIES } from '../../limits/ledger/types.js'
import type {
  Clock,
  Decision,
  Hold,
  Permit,
  PermitEnd,
  TakeRequest,
} from '../../limits/ledger/types.js'
import type { Room, WindowRules } from '../../limits/ledger/window.js'
import type { ShareUsage } from '../../limits/shares/shares.js'
import { LedgerLink } from './ledger-link.js'
import type { LedgerLinkOptions } from './ledger-link.js'
import { seedOfEarlier } from './ledger-seed.js'
import type { EarlierLedger } from './ledger-seed.js'
import { LedgerView, memberPart } from './ledger-view.js'
import { createScopes } from './scopes.js'
import type { Scopes } from './scopes.js'
import { holdIn } from './script-reply.js'
import type { Reply } from './script-reply.js'
import { createSharedDayClock } from './shared-clock.js'
import { SharedPauses } from './shared-pauses.js'
import type { SharedDayClock } from './shared-clock.js'

export interface RedisLedgerOptions extends Omit<LedgerLinkOptions, 'worstMs' | 'seed'> {
  /** The books of this process from before it shared a ledger. Default: none. */
  readonly earlier?: EarlierLedger
  readonly clock: Clock
  readonly window: WindowRules
  readonly day: DayPolicy
  /** A permit that was not used within this time is void. Default 5 s. */
  readonly sendWithinMs?: number
  /** From the first byte written to the response headers, at most. */
  readonly answerWithinMs: number
  readonly onSpent?: (permit: Permit, change: 1 | -1) => void
}

/** The name of a permit in flight in the script's sets. */
interface Member {
  readonly member: string
  readonly epoch: string
}

export const createRedisLedger = (options: RedisLedgerOptions): Ledger => new RedisLedger(options)

class RedisLedger implements Ledger {
  readonly #options: RedisLedgerOptions
  readonly #clock: Clock
  readonly #scopes: Scopes
  readonly #link: LedgerLink
  readonly #dayClock: SharedDayClock
  readonly #view: LedgerView
  readonly #pauses: SharedPauses
  readonly #inFlight = new Map<number, Member>()
  readonly #quotaListeners = new Set<(account: string) => void>()
  readonly #holdMs: number
  readonly #sendWithinMs: number
  #lastPermit = 0

  constructor(options: RedisLedgerOptions) {
    const { clock, window, day: policy, sendWithinMs = 5_000 } = options
    this.#options = options
    this.#clock = clock
    this.#sendWithinMs = sendWithinMs
    this.#holdMs = window.windowMs + window.marginMs
    const scopes = createScopes(options.egress)
    this.#scopes = scopes
    const oldestDay = dayOf(clock.wallMs() - DAY_MS)
    const toShared = (scope: string): string => scopes.toShared(scope)
    const { earlier } = options
    const seed = earlier && seedOfEarlier(earlier, { clock, window, oldestDay, toShared })
    this.#link = new LedgerLink({
      ...options,
      worstMs: sendWithinMs + options.answerWithinMs + window.lostMarginMs + this.#holdMs,
      ...(seed !== undefined && { seed }),
    })
    const { mirror } = this.#link
    this.#dayClock = createSharedDayClock(mirror, clock)
    const parts = { ...options, scopes, dayClock: this.#dayClock, link: this.#link }
    this.#view = new LedgerView({ ...parts, mirror, policy })
    this.#pauses = new SharedPauses(parts)
  }

  async take(request: TakeRequest): Promise<Decision> {
    const { account, consumer = UNKNOWN, resource = 'other' } = request
    await this.#link.ready()
    const { mirror } = this.#link
    const walls = this.#dayClock.readings()
    const takenAtWallMs = this.#dayClock.now()
    const days = request.chargesDay ? chargedDays(walls, this.#options.day) : []
    const id = ++this.#lastPermit
    // Before the question: Redis' clock starts the permit no earlier.
    const takenAtMs = this.#clock.monotonicMs()
    const reply = await this.#link.ask<Reply>({
      op: 'take',
      permit: this.#nameOf(id),
      // By then this replica has given up, and the permit would never be settled.
      notAfter: Math.ceil(mirror.redisNow(takenAtMs)) + this.#options.redis.timeoutMs,
      oldestDay: dayOf(Math.min(...walls) - 2 * DAY_MS),
      ...this.#questionOf(request, days),
    })
    if (reply.kind !== 'permitted') {
      if (reply.kind === 'ask-quota') for (const ask of this.#quotaListeners) ask(account)
      return this.#holdIn(reply, request, days)
    }
    const sendByMs = takenAtMs + this.#sendWithinMs
    const what = { id, slot: 0, account, consumer, resource, days }
    const permit: Permit = { ...what, takenAtMs, takenAtWallMs, sendByMs }
    this.#inFlight.set(id, { member: reply.member, epoch: mirror.epoch })
    mirror.spend(account, { days, consumer })
    if (days.length > 0) this.#options.onSpent?.(permit, 1)
    return { kind: 'permitted', permit }
  }

  #nameOf(id: number): string {
    return `${this.#options.replica}:${id}`
  }

  #questionOf(request: TakeRequest, days: readonly string[]) {
    const { account, consumer = UNKNOWN, priority = 'interactive' } = request
    const { day } = this.#options
    const { max, maxWhileUnknown } = day.planOf(account)
    return {
      scopes: this.#scopes.of(account),
      account,
      consumer,
      credential: memberPart(request.credential ?? consumer),
      class: PRIORITIES.indexOf(priority),
      chargesDay: request.chargesDay,
      days,
      isAuto: max === 'auto',
      ...(max !== 'auto' && { maxOfDay: max }),
      maxWhileUnknown,
      keptForOthers: this.#view.keptForOthers(request, days),
      askPatienceMs: ASK_PATIENCE_MS,
      probeTimeoutMs: day.flightGuardMs,
    }
  }

  #holdIn(
    reply: Exclude<Reply, { kind: 'permitted' }>,
    request: TakeRequest,
    days: readonly string[],
  ): Hold {
    const nowMs = this.#clock.monotonicMs()
    const wallMs = this.#dayClock.now()
    return holdIn(reply, {
      nowMs,
      toMonotonic: (redisMs) => this.#link.mirror.toMonotonic(redisMs),
      atWall: (atMs) => nowMs + Math.max(0, atMs - wallMs),
      toLocalScope: (scope) => this.#scopes.toLocal(scope),
      skewGuardMs: this.#options.day.skewGuardMs,
      // The mirror may know less than the script: then another try is due in a second.
      keptUntilWallMs: () => this.#view.keptUntil(request, days) ?? wallMs + 1_000,
    })
  }

  peek(request: TakeRequest): Hold | undefined {
    return this.#view.hold(request)
  }

  settle(permit: Permit, end: PermitEnd): void {
    const known = this.#inFlight.get(permit.id)
    if (known === undefined) throw new TypeError(`permit ${permit.id} was settled twice`)
    this.#inFlight.delete(permit.id)
    const { account, consumer, days } = permit
    const { window, day, onSpent } = this.#options
    if (end === 'unsent' && days.length > 0) onSpent?.(permit, -1)
    const tookMs = this.#clock.monotonicMs() - permit.takenAtMs
    const wall = { answeredMs: this.#dayClock.readings(), tookMs }
    const isNarrowed = end === 'answered' && days.length > 0
    const change = isNarrowed ? narrowed(days, wall, day.skewGuardMs) : NOTHING_NARROWED
    this.#link.tell({
      op: 'settle',
      permit: this.#nameOf(permit.id),
      ...known,
      ended: end,
      holdMs: this.#holdMs + (end === 'dead' ? window.lostMarginMs : 0),
      scopes: this.#scopes.of(account),
      account,
      consumer,
      days,
      missedDays: change.missed,
      surplusDays: change.surplus,
    })
  }

  accepted(permit: Permit): readonly Pause[] {
    return this.#pauses.accepted(permit)
  }

  refused(refusal: RefusalFound): Pause | undefined {
    const { scope, reason } = refusal
    const { window } = this.#options
    const now = { wallMs: this.#dayClock.now(), held: this.#view.room().held, window }
    return this.pause({ scope, reason, ...explain(refusal, now) })
  }

  pause(refused: Refused): Pause | undefined {
    return this.#pauses.begin(refused)
  }

  resume(scope: string): boolean {
    const resumed = this.#pauses.end(scope) ? accountsIn(scope, this.#view.usage().days) : undefined
    for (const account of resumed ?? []) for (const ask of this.#quotaListeners) ask(account)
    return resumed !== undefined
  }

  endQuarantine(): boolean {
    return this.#link.endQuarantine()
  }

  quotaQuestion(account: string): QuotaQuestion {
    return this.#view.quotaQuestion(account)
  }

  quotaAnswer(question: QuotaQuestion, answer: QuotaAnswer | undefined): void {
    this.#link.tell({ op: 'learn', ...this.#view.learned(question, answer) })
  }

  observeDate(dateMs: number, sentMs: number): void {
    this.#dayClock.observe(dateMs, sentMs)
  }

  room(): Room {
    return this.#view.room()
  }

  forecast(count: number): number {
    return this.#view.forecast(count)
  }

  slotTimes(): readonly number[] {
    return this.#view.slotTimes()
  }

  remaining(account: string): Remaining {
    return this.#view.remaining(account)
  }

  usage(): Usage {
    return this.#view.usage()
  }

  shares(account: string): ShareUsage {
    return this.#view.shares(account)
  }

  grantsElsewhere(
    of: { readonly credential: string } | { readonly consumer: string },
  ): readonly number[] {
    return this.#view.grantsElsewhere(of)
  }

  problem(): string | undefined {
    return this.#link.problem()
  }

  onChange(listener: () => void): () => void {
    return this.#link.onChange(listener)
  }

  onQuotaWanted(listener: (account: string) => void): () => void {
    this.#quotaListeners.add(listener)
    return () => this.#quotaListeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#quotaListeners.clear()
    await this.#link.close()
  }
}
