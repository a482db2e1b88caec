/**
 * Shares of the window: a consumer with one is served before all others until that part of the slots
 * of the last window was its own; beyond it, it is a consumer like any other. No slot is held back:
 * what it does not ask for is anybody's at once.
 *
 * Background requests neither use the share nor count against it. Who says that a request can wait is
 * taken at its word, or the share would be gone when a person of the same consumer asks.
 */

import type { PaceRules } from './pace.js'
import type { Paces } from './paces.js'

export interface MinuteShares {
  /** Those who have one. */
  consumers(): Iterable<string>
  /** Requests per window that this consumer gets before all others; at least 1 with a share, else 0. */
  promised(consumer: string): number
  /** How many of them it may make now. */
  left(consumer: string, nowMs: number): number
  /**
   * From when the request with `position` others of this consumer before it is within the share, if
   * each leaves as soon as it may; Infinity without a share.
   */
  withinAt(consumer: string, at: { readonly nowMs: number; readonly position: number }): number
}

export function createMinuteShares(options: {
  readonly paces: Paces
  readonly pace: PaceRules
  /** Part of the window, 0 to 1, by consumer; asked anew each time, a reload may change it. */
  readonly shares: () => ReadonlyMap<string, number>
}): MinuteShares {
  const { paces, pace, shares } = options

  function promised(consumer: string): number {
    const share = shares().get(consumer) ?? 0
    return share > 0 ? Math.max(1, Math.floor(share * pace.max + 1e-6)) : 0
  }

  return {
    consumers: () => shares().keys(),
    promised,
    left(consumer, nowMs) {
      const whole = promised(consumer)
      return whole === 0 ? 0 : Math.max(0, whole - paces.grantsOf(consumer, nowMs).length)
    },
    withinAt(consumer, { nowMs, position }) {
      const whole = promised(consumer)
      if (whole === 0) return Infinity
      const grants = paces.grantsOf(consumer, nowMs)
      const rounds = Math.floor(position / whole)
      // How many of the last window's have to be out of it first; its own next ones take their places.
      const expired = (position % whole) + grants.length - whole
      const free = expired < 0 ? nowMs : (grants[expired] ?? nowMs) + pace.windowMs
      return free + rounds * pace.windowMs
    },
  }
}
