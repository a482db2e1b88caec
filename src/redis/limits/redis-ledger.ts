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
  reserveFor,
  UNKNOWN,
} from '../../limits/ledger/day.js'
import type { DayPolicy } from '../../limits/ledger/day.js'
import { ASK_PATIENCE_MS } from '../../limits/ledger/day-decision.js'
import { explain } from '../../limits/ledger/explain-refusal.js'
import type { Ledger } from '../../limits/ledger/ledger-port.js'
import { pauseAfter } from '../../limits/ledger/pause-rules.js'
import type { Pause, Refused } from '../../limits/ledger/pause-rules.js'
import { PRIORITIES } from '../../limits/ledger/types.js'
import type { Clock, Decision, Permit, PermitEnd, TakeRequest } from '../../limits/ledger/types.js'
import type { WindowRules } from '../../limits/ledger/window.js'
import { LedgerView, memberPart } from './ledger-view.js'
import { createLedgerLink } from './ledger-link.js'
import type { LedgerLink, LedgerLinkOptions } from './ledger-link.js'
import { createScopes } from './scopes.js'
import { holdIn } from './script-reply.js'
import type { Reply } from './script-reply.js'
import { seedOfEarlier } from './ledger-seed.js'
import type { EarlierLedger } from './ledger-seed.js'
import { createSharedDayClock } from './shared-clock.js'

export interface RedisLedgerOptions extends Omit<LedgerLinkOptions, 'worstMs' | 'seed'> {
  /** What this process counted by itself before it shared a ledger. Default: nothing. */
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

/** How a permit that is out is known to the script. */
interface Out {
  readonly member: string
  readonly epoch: string
}

/** After an answer of `/quota/`, and after a question that got none. */
const QUIET_MS = 5_000
const QUIET_AFTER_FAILURE_MS = 60_000

export function createRedisLedger(options: RedisLedgerOptions): Ledger {
  const { redis, clock, window, day: policy, answerWithinMs, onSpent } = options
  const { sendWithinMs = 5_000 } = options
  const holdMs = window.windowMs + window.marginMs
  const worstMs = sendWithinMs + answerWithinMs + window.lostMarginMs + holdMs
  const scopes = createScopes(options.egress)
  const seed =
    options.earlier &&
    seedOfEarlier(options.earlier, {
      clock,
      window,
      oldestDay: dayOf(clock.wallMs() - DAY_MS),
      toShared: (scope) => scopes.toShared(scope),
    })
  const link: LedgerLink = createLedgerLink({
    ...options,
    worstMs,
    ...(seed !== undefined && { seed }),
  })
  const { mirror } = link
  const dayClock = createSharedDayClock(mirror, clock)
  const view = new LedgerView({ ...options, dayClock, mirror, scopes, policy })
  const out = new Map<number, Out>()
  const quotaListeners = new Set<(account: string) => void>()
  let lastPermit = 0

  async function take(request: TakeRequest): Promise<Decision> {
    const { account, consumer = UNKNOWN, resource = 'other', priority = 'interactive' } = request
    await link.ready()
    const walls = dayClock.readings()
    const wallMs = dayClock.now()
    const days = request.chargesDay ? chargedDays(walls, policy) : []
    const { max, maxWhileUnknown } = policy.planOf(account)
    const id = ++lastPermit
    // Before the question: Redis' clock starts the permit no earlier.
    const sentMs = clock.monotonicMs()
    const reply = await link.ask<Reply>({
      op: 'take',
      permit: `${options.replica}:${id}`,
      // We shall have given up, and nobody would settle it.
      notAfter: Math.ceil(mirror.redisNow(sentMs)) + redis.timeoutMs,
      scopes: scopes.of(account),
      account,
      consumer,
      credential: memberPart(request.credential ?? consumer),
      class: PRIORITIES.indexOf(priority),
      chargesDay: request.chargesDay,
      days,
      oldestDay: dayOf(Math.min(...walls) - 2 * DAY_MS),
      isAuto: max === 'auto',
      ...(max !== 'auto' && { maxOfDay: max }),
      maxWhileUnknown,
      keptForOthers: view.keptForOthers(request, days),
      askPatienceMs: ASK_PATIENCE_MS,
      probeTimeoutMs: policy.flightGuardMs,
    })
    if (reply.kind !== 'permitted') {
      if (reply.kind === 'ask-quota') for (const listener of quotaListeners) listener(account)
      const nowMs = clock.monotonicMs()
      return holdIn(reply, {
        nowMs,
        toMonotonic: (redisMs) => mirror.toMonotonic(redisMs),
        atWall: (atMs) => nowMs + Math.max(0, atMs - dayClock.now()),
        toLocalScope: (scope) => scopes.toLocal(scope),
        skewGuardMs: policy.skewGuardMs,
        // The mirror may know less than the script: then another try is due in a second.
        keptUntilWallMs: () => view.keptUntil(request, days) ?? wallMs + 1_000,
      })
    }
    const permit: Permit = {
      id,
      slot: 0,
      account,
      consumer,
      resource,
      days,
      takenAtMs: sentMs,
      takenAtWallMs: wallMs,
      sendByMs: sentMs + sendWithinMs,
    }
    out.set(id, { member: reply.member, epoch: mirror.epoch })
    mirror.spend(account, { days, consumer })
    if (days.length > 0) onSpent?.(permit, 1)
    return { kind: 'permitted', permit }
  }

  function settle(permit: Permit, end: PermitEnd): void {
    const known = out.get(permit.id)
    if (known === undefined) throw new TypeError(`permit ${permit.id} was settled twice`)
    out.delete(permit.id)
    const { account, consumer, days } = permit
    if (end === 'unsent' && days.length > 0) onSpent?.(permit, -1)
    const tookMs = clock.monotonicMs() - permit.takenAtMs
    const wall = { answeredMs: dayClock.readings(), tookMs }
    const { missed, surplus } =
      end === 'answered' && days.length > 0
        ? narrowed(days, wall, policy.skewGuardMs)
        : { missed: [], surplus: [] }
    link.tell({
      op: 'settle',
      permit: `${options.replica}:${permit.id}`,
      member: known.member,
      epoch: known.epoch,
      ended: end,
      holdMs: holdMs + (end === 'dead' ? window.lostMarginMs : 0),
      scopes: scopes.of(account),
      account,
      consumer,
      days,
      missedDays: missed,
      surplusDays: surplus,
    })
  }

  /** Here at once, so that nobody of this replica runs into it; there as soon as it is told. */
  function begin(refused: Refused): Pause | undefined {
    const scope = scopes.toShared(refused.scope)
    const nowMs = clock.monotonicMs()
    const current = mirror.pauseOf(scope)
    const pause = pauseAfter(
      current,
      { ...refused, scope },
      { monotonicMs: nowMs, wallMs: dayClock.now() },
    )
    const { holdMs: asked, maxHoldMs, reason, detail } = refused
    const isForever = pause.untilMs === Infinity
    link.tell({
      op: 'pause',
      scope,
      reason,
      detail,
      forPerson: isForever,
      holdMs: Number.isFinite(asked) ? asked : 0,
      ...(maxHoldMs !== undefined && { maxHoldMs }),
    })
    if (pause === current) return undefined
    const { strikes, durationMs, sinceWallMs: sinceMs } = pause
    mirror.pauses.set(scope, {
      reason,
      sinceMs,
      strikes,
      detail,
      durationMs: isForever ? 'never' : durationMs,
      untilMs: isForever ? 'never' : mirror.redisNow(nowMs) + durationMs,
    })
    link.changed()
    return { ...pause, scope: refused.scope }
  }

  return {
    take,
    peek: (request) => view.hold(request),
    settle,
    accepted(permit) {
      // Settled by now: what it tried is asked of the mirror's pauses, whose probe names the permit.
      const name = `${options.replica}:${permit.id}`
      const tried = scopes
        .of(permit.account)
        .filter((scope) => mirror.pauses.get(scope)?.probe?.permit === name)
      if (tried.length === 0) return []
      const ended = tried.map((scope) => mirror.pauseOf(scope)).filter((one) => one !== undefined)
      for (const scope of tried) mirror.pauses.delete(scope)
      link.tell({ op: 'accepted', permit: name, scopes: tried })
      link.changed()
      return ended.map((pause) => ({ ...pause, scope: scopes.toLocal(pause.scope) }))
    },
    refused(refusal) {
      const { scope, reason } = refusal
      const now = { wallMs: dayClock.now(), held: view.room().held, window }
      return begin({ scope, reason, ...explain(refusal, now) })
    },
    pause: begin,
    resume(scope) {
      const isThere = mirror.pauses.delete(scopes.toShared(scope))
      link.tell({ op: 'resume', scope: scopes.toShared(scope) })
      if (isThere) link.changed()
      return isThere
    },
    quotaQuestion(account) {
      const day = dayOf(dayClock.now())
      const takenAtAsk = view.days(account, [day]).counts.get(day)?.taken ?? 0
      const outNow = mirror.slots.filter(({ isOut }) => isOut).length
      return { account, day, takenAtAsk, settledAtAsk: takenAtAsk - Math.min(outNow, takenAtAsk) }
    },
    quotaAnswer(question, answer) {
      const { account, day } = question
      const previous = view.days(account, [day]).quota
      const isUsable = answer !== undefined && dayOf(dayClock.now()) === day
      const reading = isUsable
        ? { ...question, ...answer, reserve: reserveFor(previous, { ...question, ...answer }) }
        : undefined
      const quietMs = answer === undefined ? QUIET_AFTER_FAILURE_MS : QUIET_MS
      link.tell({ op: 'learn', account, quietMs, ...(reading !== undefined && { reading }) })
    },
    observeDate: (dateMs, sentMs) => dayClock.observe(dateMs, sentMs),
    room: () => view.room(),
    forecast: (count) => view.forecast(count),
    slotTimes: () => view.slotTimes(),
    remaining: (account) => view.remaining(account),
    usage: () => view.usage(),
    shares: (account) => view.shares(account),
    grantsElsewhere: (of) => view.grantsElsewhere(of),
    problem: () => link.problem(),
    onChange: (listener) => link.onChange(listener),
    onQuotaWanted(listener) {
      quotaListeners.add(listener)
      return () => quotaListeners.delete(listener)
    },
    async close() {
      quotaListeners.clear()
      await link.close()
    },
  }
}
