/** Pauses that all replicas share: in the mirror at once, in Redis as soon as it can be told. */

import { pauseAfter } from '../../limits/ledger/pause-rules.js'
import type { Pause, Refused } from '../../limits/ledger/pause-rules.js'
import type { Clock, Permit } from '../../limits/ledger/types.js'
import type { LedgerLink } from './ledger-link.js'
import type { Scopes } from './scopes.js'
import type { SharedDayClock } from './shared-clock.js'

export interface SharedPausesOptions {
  readonly replica: string
  readonly clock: Clock
  readonly dayClock: SharedDayClock
  readonly scopes: Scopes
  readonly link: LedgerLink
}

export class SharedPauses {
  readonly #options: SharedPausesOptions

  constructor(options: SharedPausesOptions) {
    this.#options = options
  }

  accepted(permit: Permit): readonly Pause[] {
    // Settled by now: the mirror's pauses name the permit that probes them.
    const name = `${this.#options.replica}:${permit.id}`
    const { link, scopes } = this.#options
    const { mirror } = link
    const tried = scopes
      .of(permit.account)
      .filter((scope) => mirror.pauses.get(scope)?.probe?.permit === name)
    if (tried.length === 0) return []
    const ended = tried.map((scope) => mirror.pauseOf(scope)).filter((one) => one !== undefined)
    for (const scope of tried) mirror.pauses.delete(scope)
    link.tell({ op: 'accepted', permit: name, scopes: tried })
    link.changed()
    return ended.map((pause) => ({ ...pause, scope: scopes.toLocal(pause.scope) }))
  }

  /** Here at once, so that no request of this replica is refused for it; in Redis as soon as possible. */
  begin(refused: Refused): Pause | undefined {
    const { link, scopes, clock, dayClock } = this.#options
    const { mirror } = link
    const scope = scopes.toShared(refused.scope)
    const nowMs = clock.monotonicMs()
    const current = mirror.pauseOf(scope)
    const now = { monotonicMs: nowMs, wallMs: dayClock.now() }
    const pause = pauseAfter(current, { ...refused, scope }, now)
    const { holdMs, maxHoldMs, reason, detail } = refused
    const isForever = pause.untilMs === Infinity
    link.tell({
      op: 'pause',
      scope,
      reason,
      detail,
      forPerson: isForever,
      holdMs: Number.isFinite(holdMs) ? holdMs : 0,
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

  end(local: string): boolean {
    const { link, scopes } = this.#options
    const scope = scopes.toShared(local)
    const isThere = link.mirror.pauses.delete(scope)
    link.tell({ op: 'resume', scope })
    if (isThere) link.changed()
    return isThere
  }
}
