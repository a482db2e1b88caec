/**
 * The ledger that several replicas share. What counts is decided by one script on Redis' own clock (see
 * script.ts); this asks it, and keeps what it last heard for whoever wants to look. While Redis cannot be
 * asked nothing leaves: `take` rejects.
 */

import { UNKNOWN } from '../consumer-counts.js'
import { chargedDays, dayOf, DAY_MS, maxOf, narrowed, reserveFor, usedOf } from '../day.js'
import { DayClock } from '../day-clock.js'
import type { DayPolicy } from '../day-types.js'
import { explain } from '../explain-refusal.js'
import type { Ledger } from '../ledger-port.js'
import { accountScope, pauseAfter, WINDOW_SCOPE } from '../pause.js'
import type { Pause, Refused } from '../pause.js'
import { PRIORITIES } from '../types.js'
import type { Clock, Decision, Permit, PermitEnd, TakeRequest } from '../types.js'
import { nthFreeAt } from '../window.js'
import type { WindowRules, WindowState } from '../window.js'
import { createLedgerLink } from './link.js'
import type { LedgerLink, LedgerLinkOptions } from './link.js'
import { accountDays, createSharedShares, endOf } from './shared-shares.js'

export interface RedisLedgerOptions extends Omit<LedgerLinkOptions, 'worstMs'> {
  readonly clock: Clock
  readonly window: WindowRules
  readonly day: DayPolicy
  /** A permit that was not used within this time is void. Default 5 s. */
  readonly sendWithinMs?: number
  /** From the first byte written to the response headers, at most. */
  readonly answerWithinMs: number
  readonly onSpent?: (permit: Permit, change: 1 | -1) => void
}

/** What the script says to `take`; times are Redis'. */
type Reply =
  | { kind: 'permitted'; member: string; takenAtMs: number; probes: unknown }
  | { kind: 'wait' | 'ask-quota'; untilMs: number }
  | {
      kind: 'paused'
      scope: string
      reason: Pause['reason']
      untilMs: number | 'never'
      isProbed: boolean
    }
  | { kind: 'day-spent'; day: string }
  | { kind: 'day-kept' }

/** How a permit that is out is known to the script. */
interface Out {
  readonly member: string
  readonly epoch: string
  readonly probes: readonly string[]
  readonly permit: Permit
}

const TYPICAL_FLIGHT_MS = 300
const ASK_PATIENCE_MS = 10_000
/** After an answer of `/quota/`, and after a question that got none. */
const QUIET_MS = 5_000
const QUIET_AFTER_FAILURE_MS = 60_000
/** Somebody else's slot may come back without a word to us: look again after this long. */
const LOOK_AGAIN_MS = 250

export function createRedisLedger(options: RedisLedgerOptions): Ledger {
  const { clock, window, day: policy, sendWithinMs = 5_000, answerWithinMs, onSpent } = options
  const holdMs = window.windowMs + window.marginMs
  const worstMs = sendWithinMs + answerWithinMs + window.lostMarginMs + holdMs
  const link: LedgerLink = createLedgerLink({ ...options, worstMs })
  const { mirror } = link
  const shares = createSharedShares(mirror, policy)
  // On Redis' clock, so that an hour's error of one replica's own is nobody's concern.
  const dayClock = new DayClock({
    clock: {
      bootId: null,
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => (mirror.isKnown ? mirror.redisNow(clock.monotonicMs()) : clock.wallMs()),
    },
    restored: undefined,
    onSet: () => {},
  })
  const out = new Map<number, Out>()
  const quotaListeners = new Set<(account: string) => void>()
  let lastPermit = 0

  const windowScope = `${WINDOW_SCOPE}:${options.egress}`
  const toShared = (scope: string): string => (scope === WINDOW_SCOPE ? windowScope : scope)
  const toLocal = (scope: string): string => (scope === windowScope ? WINDOW_SCOPE : scope)
  const scopesOf = (account: string): string[] => [windowScope, accountScope(account)]
  const rulesOf = (account: string) => ({ ...policy, max: policy.maxOf(account) })

  function windowState(nowMs: number): WindowState {
    const slots = mirror.slots.map(({ freeAtMs, isOut }, i) => ({
      permit: isOut ? i : null,
      freeAtMs: mirror.toMonotonic(freeAtMs),
    }))
    const closedUntilMs = mirror.toMonotonic(mirror.closedUntilMs)
    if (mirror.isKnown && closedUntilMs > nowMs) {
      while (slots.length < window.max) slots.push({ permit: null, freeAtMs: closedUntilMs })
    }
    return { slots, ceiling: mirror.ceiling }
  }
  const heldOf = (state: WindowState, nowMs: number): number =>
    state.slots.filter(({ permit, freeAtMs }) => permit !== null || freeAtMs > nowMs).length

  async function take(request: TakeRequest): Promise<Decision> {
    const { account, consumer = UNKNOWN, resource = 'other', priority = 'interactive' } = request
    const walls = dayClock.readings()
    const wallMs = dayClock.now()
    const days = request.chargesDay ? chargedDays(walls, rulesOf(account)) : []
    const max = policy.maxOf(account)
    const id = ++lastPermit
    // Before the question: Redis' clock starts the permit no earlier.
    const sentMs = clock.monotonicMs()
    const reply = await link.ask<Reply>({
      op: 'take',
      permit: `${options.replica}:${id}`,
      scopes: scopesOf(account),
      account,
      consumer,
      class: PRIORITIES.indexOf(priority),
      chargesDay: request.chargesDay,
      days,
      oldestDay: dayOf(Math.min(...walls) - 2 * DAY_MS),
      isAuto: max === 'auto',
      ...(max !== 'auto' && { maxOfDay: max }),
      maxWhileUnknown: policy.maxWhileUnknown,
      keptForOthers: shares.keptForOthers(request, days, wallMs),
      askPatienceMs: ASK_PATIENCE_MS,
      probeTimeoutMs: policy.flightGuardMs,
    })
    if (reply.kind !== 'permitted') return refusalOf(reply, request, { days, wallMs })
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
    const probes = Array.isArray(reply.probes) ? reply.probes.map(String) : []
    out.set(id, { member: reply.member, epoch: mirror.epoch, probes, permit })
    mirror.spend(account, { days, consumer })
    if (days.length > 0) onSpent?.(permit, 1)
    return { kind: 'permitted', permit }
  }

  function refusalOf(
    reply: Exclude<Reply, { kind: 'permitted' }>,
    request: TakeRequest,
    { days, wallMs }: { readonly days: readonly string[]; readonly wallMs: number },
  ): Decision {
    const nowMs = clock.monotonicMs()
    switch (reply.kind) {
      case 'wait':
        return {
          kind: 'wait',
          untilMs: Math.min(mirror.toMonotonic(reply.untilMs), nowMs + LOOK_AGAIN_MS),
        }
      case 'ask-quota':
        for (const listener of quotaListeners) listener(request.account)
        return { kind: 'ask-quota', untilMs: mirror.toMonotonic(reply.untilMs) }
      case 'paused': {
        const { reason, untilMs, isProbed } = reply
        const until = untilMs === 'never' ? Infinity : mirror.toMonotonic(untilMs)
        return { kind: 'paused', scope: toLocal(reply.scope), reason, untilMs: until, isProbed }
      }
      case 'day-spent': {
        const untilWallMs = endOf(reply.day) + policy.skewGuardMs
        return { kind: 'day-spent', untilMs: nowMs + Math.max(0, untilWallMs - wallMs) }
      }
      case 'day-kept': {
        const untilWallMs = shares.keptUntil(request, days, wallMs)
        return { kind: 'day-kept', untilMs: nowMs + Math.max(0, untilWallMs - wallMs) }
      }
      default:
        return reply satisfies never
    }
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
      scopes: scopesOf(account),
      account,
      consumer,
      days,
      missedDays: missed,
      surplusDays: surplus,
    })
  }

  /** Here at once, so that nobody of this replica runs into it; there as soon as it is told. */
  function begin(refused: Refused): Pause | undefined {
    const scope = toShared(refused.scope)
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
    settle,
    accepted(permit) {
      // Settled by now: what it tried is asked of the mirror's pauses, whose probe names the permit.
      const name = `${options.replica}:${permit.id}`
      const scopes = scopesOf(permit.account).filter(
        (scope) => mirror.pauses.get(scope)?.probe?.permit === name,
      )
      if (scopes.length === 0) return []
      const ended = scopes.map((scope) => mirror.pauseOf(scope)).filter((one) => one !== undefined)
      for (const scope of scopes) mirror.pauses.delete(scope)
      link.tell({ op: 'accepted', permit: name, scopes })
      link.changed()
      return ended.map((pause) => ({ ...pause, scope: toLocal(pause.scope) }))
    },
    refused(refusal) {
      const nowMs = clock.monotonicMs()
      const held = heldOf(windowState(nowMs), nowMs)
      const { scope, reason } = refusal
      return begin({ scope, reason, ...explain(refusal, { wallMs: dayClock.now(), held, window }) })
    },
    pause: begin,
    pausedUntil({ account, chargesDay }) {
      const nowMs = clock.monotonicMs()
      for (const scope of scopesOf(account)) {
        const pause = mirror.pauseOf(scope)
        if (pause === undefined || pause.untilMs <= nowMs) continue
        if (chargesDay || pause.reason !== 'day-exceeded') return pause.untilMs
      }
      return undefined
    },
    resume(scope) {
      const isThere = mirror.pauses.delete(toShared(scope))
      link.tell({ op: 'resume', scope: toShared(scope) })
      if (isThere) link.changed()
      return isThere
    },
    quotaQuestion(account) {
      const day = dayOf(dayClock.now())
      const takenAtAsk = accountDays(mirror, account, day).counts.get(day)?.taken ?? 0
      const outNow = mirror.slots.filter(({ isOut }) => isOut).length
      return { account, day, takenAtAsk, settledAtAsk: takenAtAsk - Math.min(outNow, takenAtAsk) }
    },
    quotaAnswer(question, answer) {
      const { account, day } = question
      const previous = accountDays(mirror, account, day).quota
      const isUsable = answer !== undefined && dayOf(dayClock.now()) === day
      const reading = isUsable
        ? { ...question, ...answer, reserve: reserveFor(previous, { ...question, ...answer }) }
        : undefined
      const quietMs = answer === undefined ? QUIET_AFTER_FAILURE_MS : QUIET_MS
      link.tell({ op: 'learn', account, quietMs, ...(reading !== undefined && { reading }) })
    },
    observeDate: (dateMs, sentMs) => dayClock.observe(dateMs, sentMs),
    forecast(count) {
      const nowMs = clock.monotonicMs()
      const state = windowState(nowMs)
      return nthFreeAt(state, { count, nowMs, flightMs: TYPICAL_FLIGHT_MS, rules: window })
    },
    usage() {
      const nowMs = clock.monotonicMs()
      const state = windowState(nowMs)
      const day = dayOf(dayClock.now())
      const accounts = new Set([
        ...mirror.quotas.keys(),
        ...[...mirror.days.keys()].map((key) => key.slice(0, -11)),
      ])
      return {
        window: {
          max: window.max,
          ceiling: mirror.ceiling,
          windowMs: window.windowMs,
          held: heldOf(state, nowMs),
          inFlight: state.slots.filter(({ permit }) => permit !== null).length,
          releasesInMs: state.slots
            .filter(({ permit, freeAtMs }) => permit === null && freeAtMs > nowMs)
            .map(({ freeAtMs }) => freeAtMs - nowMs)
            .toSorted((a, b) => a - b),
        },
        days: [...accounts].map((account) => {
          const days = accountDays(mirror, account, day)
          const quota = mirror.quotas.get(account)
          const needsQuota = policy.maxOf(account) === 'auto' || mirror.isLoss
          return {
            account,
            day,
            used: usedOf(days, day),
            max: maxOf(days, rulesOf(account)),
            reserve: days.reserve,
            resetAtWallMs: endOf(day),
            quotaReadAtWallMs: days.quota?.wallMs,
            isUnknown: needsQuota && quota?.epoch !== mirror.epoch,
            doubtful: 0,
          }
        }),
        pauses: [...mirror.pauses.keys()].flatMap((scope) => {
          const pause = mirror.pauseOf(scope)
          if (pause === undefined) return []
          // Of another address: it holds nobody up here.
          if (scope.startsWith(`${WINDOW_SCOPE}:`) && scope !== windowScope) return []
          const leftMs = Math.max(0, pause.untilMs - nowMs)
          return [{ ...pause, scope: toLocal(scope), leftMs }]
        }),
        skewMs: dayClock.skewMs(),
      }
    },
    shares(account) {
      const wallMs = dayClock.now()
      return shares.usage(account, dayOf(wallMs), wallMs)
    },
    grantsElsewhere(consumer) {
      return mirror.slots
        .filter((slot) => slot.consumer === consumer && slot.replica !== options.replica)
        .map(({ takenAtMs }) => mirror.toMonotonic(takenAtMs))
        .toSorted((a, b) => a - b)
    },
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
