/**
 * Shares of the window: a consumer with one is served before all others until that part of the slots of
 * the last window was its own; beyond it, it is a consumer like any other. No slot is held back: slots
 * that it does not ask for are free for all at once.
 *
 * Background requests neither use the share nor count against it. A request that calls itself background
 * can wait, and the share must not be used up when an urgent request of the same consumer arrives.
 */

import type { Ledger } from '../ledger/ledger-port.js'

export interface ReservedShareRules {
  readonly max: number
  readonly windowMs: number
  /** Part of the window, 0 to 1, by consumer; read anew each time, because a reload may change it. */
  readonly shares: () => ReadonlyMap<string, number>
}

export class ReservedShares {
  readonly #rules: ReservedShareRules
  readonly #ledger: Pick<Ledger, 'grantsElsewhere'>
  /** Bounded by the configuration: only consumers with a share are counted. */
  readonly #grants = new Map<string, number[]>()

  constructor(rules: ReservedShareRules, ledger: Pick<Ledger, 'grantsElsewhere'>) {
    this.#rules = rules
    this.#ledger = ledger
  }

  /** False for most proxies: then there is nothing to decide. */
  exist(): boolean {
    return this.#rules.shares().size > 0
  }

  consumers(): Iterable<string> {
    return this.#rules.shares().keys()
  }

  /** Requests per window that this consumer may send before all others: 0 without a share. */
  promised(consumer: string): number {
    const share = this.#rules.shares().get(consumer) ?? 0
    return share > 0 ? Math.max(1, Math.floor(share * this.#rules.max + 1e-6)) : 0
  }

  /** Times of the consumer's requests in the last window, oldest first. */
  #sent(consumer: string, nowMs: number): readonly number[] {
    const sinceMs = nowMs - this.#rules.windowMs
    const own = this.#grants.get(consumer) ?? []
    const others = this.#ledger.grantsElsewhere?.({ consumer }) ?? []
    return [...own, ...others].filter((at) => at > sinceMs).toSorted((a, b) => a - b)
  }

  /** How many of the promised requests it may send now. */
  left(consumer: string, nowMs: number): number {
    const promised = this.promised(consumer)
    return promised === 0 ? 0 : Math.max(0, promised - this.#sent(consumer, nowMs).length)
  }

  /**
   * Time from which the request with `position` others of this consumer before it is within the share,
   * if each is sent as soon as possible; Infinity without a share.
   */
  withinAt(consumer: string, at: { readonly nowMs: number; readonly position: number }): number {
    const promised = this.promised(consumer)
    if (promised === 0) return Infinity
    const { nowMs, position } = at
    const { windowMs } = this.#rules
    const sent = this.#sent(consumer, nowMs)
    // So many of the last window's must leave the window first; its own next ones replace them.
    const expired = (position % promised) + sent.length - promised
    const freeAtMs = expired < 0 ? nowMs : (sent[expired] ?? nowMs) + windowMs
    return freeAtMs + Math.floor(position / promised) * windowMs
  }

  /** Counts a request that is about to be sent. Returns how to undo that, should it not be sent. */
  granted(consumer: string, nowMs: number): () => void {
    if (this.promised(consumer) === 0) return () => {}
    const sinceMs = nowMs - this.#rules.windowMs
    const grants = this.#grants.get(consumer) ?? []
    this.#grants.set(consumer, grants)
    while ((grants[0] ?? nowMs) <= sinceMs) grants.shift()
    grants.push(nowMs)
    return () => {
      const at = grants.lastIndexOf(nowMs)
      if (at !== -1) grants.splice(at, 1)
    }
  }
}
