/** The pauses that are in force, and the journal in step with them. */

import type { Journal, JournalContents, PauseRecord } from '../journal/journal.js'
import { pauseAfter, verdict } from './pause-rules.js'
import type { Pause, PauseReason, PauseVerdict, Refused } from './pause-rules.js'
import type { Clock, Decision, TakeRequest } from './types.js'

export type PausedDecision = Extract<Decision, { kind: 'paused' }>

export class PauseBook {
  readonly #pauses = new Map<string, Pause>()
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #probeTimeoutMs: number

  constructor(options: {
    journal: Journal
    clock: Clock
    contents: JournalContents | undefined
    /** After this long without a result another request may try. */
    probeTimeoutMs: number
  }) {
    this.#journal = options.journal
    this.#clock = options.clock
    this.#probeTimeoutMs = options.probeTimeoutMs
    for (const record of options.contents?.pauses ?? []) {
      const pause = restorePause(record, options.clock)
      this.#pauses.set(pause.scope, pause)
    }
  }

  get(scope: string): Pause | undefined {
    return this.#pauses.get(scope)
  }

  /** The day being over is no reason not to ask how the day stands; nor does the answer end it. */
  #verdict(scope: string, { chargesDay }: TakeRequest, nowMs: number): PauseVerdict {
    const pause = this.#pauses.get(scope)
    if (!chargesDay && pause?.reason === 'day-exceeded') return { kind: 'open' }
    return verdict(pause, nowMs, this.#probeTimeoutMs)
  }

  /** The first of these scopes that holds the request back. */
  holding(
    scopes: readonly string[],
    request: TakeRequest,
    nowMs: number,
  ): PausedDecision | undefined {
    for (const scope of scopes) {
      const verdict = this.#verdict(scope, request, nowMs)
      if (verdict.kind === 'open' || verdict.kind === 'probe') continue
      const reason = this.#pauses.get(scope)?.reason ?? 'by-hand'
      const isProbed = verdict.kind === 'probing'
      return { kind: 'paused', scope, untilMs: verdict.untilMs, reason, isProbed }
    }
    return undefined
  }

  isProbeWanted(scope: string, request: TakeRequest, nowMs: number): boolean {
    return this.#verdict(scope, request, nowMs).kind === 'probe'
  }

  probing(scope: string, permit: number, nowMs: number): void {
    const pause = this.#pauses.get(scope)
    if (pause !== undefined) {
      this.#pauses.set(scope, { ...pause, probe: { permit, sinceMs: nowMs } })
    }
  }

  /** Others that were out before the pause say nothing about whether it is over. */
  isProbe(scope: string, permit: number): boolean {
    return this.#pauses.get(scope)?.probe?.permit === permit
  }

  /** The probe brought nothing (no answer): the next request tries, a second later. */
  probeFailed(scope: string, nowMs: number): void {
    const pause = this.#pauses.get(scope)
    if (pause === undefined || pause.probe === null) return
    this.#pauses.set(scope, { ...pause, probe: null, untilMs: nowMs + 1_000 })
  }

  /** Returns the pause if this refusal began or renewed one; undefined if one already ran. */
  refused(refused: Refused): Pause | undefined {
    const current = this.#pauses.get(refused.scope)
    const pause = pauseAfter(current, refused, {
      monotonicMs: this.#clock.monotonicMs(),
      wallMs: this.#clock.wallMs(),
    })
    if (pause === current) return undefined
    this.#pauses.set(refused.scope, pause)
    void this.#journal.putPause(recordOf(pause, this.#clock)).catch(() => {})
    return pause
  }

  end(scope: string): Pause | undefined {
    const pause = this.#pauses.get(scope)
    if (pause === undefined) return undefined
    this.#pauses.delete(scope)
    void this.#journal.removePause(scope).catch(() => {})
    return pause
  }

  all(): readonly Pause[] {
    return [...this.#pauses.values()]
  }
}

function recordOf(pause: Pause, clock: Clock): PauseRecord {
  const isOpenEnded = pause.untilMs === Infinity
  return {
    bootId: clock.bootId,
    pause: {
      scope: pause.scope,
      reason: pause.reason,
      sinceWallMs: pause.sinceWallMs,
      untilMs: isOpenEnded ? null : pause.untilMs,
      untilWallMs: isOpenEnded ? null : clock.wallMs() + (pause.untilMs - clock.monotonicMs()),
      durationMs: isOpenEnded ? null : pause.durationMs,
      strikes: pause.strikes,
      detail: pause.detail,
    },
  }
}

function restorePause({ bootId, pause }: PauseRecord, clock: Clock): Pause {
  const durationMs = pause.durationMs ?? Infinity
  let untilMs = Infinity
  if (pause.untilMs !== null) {
    const isThisBoot = bootId !== null && bootId === clock.bootId
    const leftMs = Math.max(0, (pause.untilWallMs ?? 0) - clock.wallMs())
    untilMs = isThisBoot ? pause.untilMs : clock.monotonicMs() + Math.min(durationMs, leftMs)
  }
  return {
    scope: pause.scope,
    reason: pause.reason as PauseReason,
    sinceWallMs: pause.sinceWallMs,
    untilMs,
    durationMs,
    strikes: pause.strikes,
    probe: null,
    detail: pause.detail,
  }
}
