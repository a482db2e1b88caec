/** The pauses that are in force, in step with the journal. */

import type { Journal, JournalContents, PauseRecord } from '../journal/journal.js'
import { accountScope, holdOf, pauseAfter, WINDOW_SCOPE } from './pause-rules.js'
import type { Pause, Refused } from './pause-rules.js'
import type { Clock, Hold, PauseReason, Permit, TakeRequest } from './types.js'

/** After a probe without an answer the next one follows this much later. */
const RETRY_MS = 1_000

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

  /** Almost always true: then no request asks for more. */
  isEmpty(): boolean {
    return this.#pauses.size === 0
  }

  /** The pauses that concern an account, with the times at which they end now. */
  #of(account: string): Pause[] {
    return [WINDOW_SCOPE, accountScope(account)].flatMap((scope) => {
      const pause = this.#pauses.get(scope)
      return pause === undefined ? [] : { ...pause, untilMs: this.#untilMs(pause) }
    })
  }

  /**
   * By whichever clock is ahead: the monotonic one stands still while a machine sleeps, and the wall
   * clock may step back. One request probes, so an end too early costs one call.
   */
  #untilMs({ untilMs, sinceWallMs, durationMs }: Pause): number {
    if (untilMs === Infinity) return untilMs
    const leftMs = sinceWallMs + durationMs - this.#clock.wallMs()
    return Math.min(untilMs, this.#clock.monotonicMs() + leftMs)
  }

  holding(request: TakeRequest): Hold | undefined {
    const nowMs = this.#clock.monotonicMs()
    const probeTimeoutMs = this.#probeTimeoutMs
    return holdOf(this.#of(request.account), request, { nowMs, probeTimeoutMs })
  }

  /** The request with this permit is sent because its pause has just run out: it is the probe. */
  sent(permit: Permit, { chargesDay }: TakeRequest): void {
    const sinceMs = this.#clock.monotonicMs()
    for (const pause of this.#of(permit.account)) {
      if (!chargesDay && pause.reason === 'day-exceeded') continue
      this.#pauses.set(pause.scope, { ...pause, probe: { permit: permit.id, sinceMs } })
    }
  }

  /** The probe brought no answer: the next request tries, a second later. */
  failed({ id, account }: Permit): void {
    const untilMs = this.#clock.monotonicMs() + RETRY_MS
    const untilWallMs = this.#clock.wallMs() + RETRY_MS
    for (const pause of this.#of(account)) {
      if (pause.probe?.permit !== id) continue
      const durationMs = untilWallMs - pause.sinceWallMs
      this.#pauses.set(pause.scope, { ...pause, probe: null, untilMs, durationMs })
    }
  }

  /**
   * The answer to this permit was no refusal. Ends the pauses that it probed; other requests that were
   * in flight before the pause say nothing about it.
   */
  accepted({ id, account }: Permit): readonly Pause[] {
    const ended = this.#of(account).filter(({ probe }) => probe?.permit === id)
    for (const { scope } of ended) this.end(scope)
    return ended
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

  end(scope: string): boolean {
    if (!this.#pauses.delete(scope)) return false
    void this.#journal.removePause(scope).catch(() => {})
    return true
  }

  all(): (Pause & { readonly leftMs: number })[] {
    const nowMs = this.#clock.monotonicMs()
    return Array.from(this.#pauses.values(), (pause) => ({
      ...pause,
      leftMs: Math.max(0, this.#untilMs(pause) - nowMs),
    }))
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
