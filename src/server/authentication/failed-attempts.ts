/** How often somebody at one address was not let in: after a few times the answer is "later". */

import { LRUCache } from 'lru-cache'

/** So many within the time, then no more answers that tell a good key from a bad one. */
const MAX_FAILURES = 10
const WITHIN_MS = 60_000
/** Addresses that are remembered; the one that failed longest ago goes first. */
const MAX_PEERS = 10_000

export interface Failures {
  /** Milliseconds until this peer may try again; undefined: now. */
  closedForMs(peer: string, nowMs: number): number | undefined
  failed(peer: string, nowMs: number): void
}

export function createFailures(): Failures {
  const peers = new LRUCache<string, { count: number; readonly sinceMs: number }>({
    max: MAX_PEERS,
  })
  return {
    closedForMs(peer, nowMs) {
      const { count, sinceMs } = peers.get(peer) ?? { count: 0, sinceMs: 0 }
      const leftMs = sinceMs + WITHIN_MS - nowMs
      return count >= MAX_FAILURES && leftMs > 0 ? leftMs : undefined
    },
    failed(peer, nowMs) {
      const present = peers.get(peer)
      if (present === undefined || nowMs - present.sinceMs >= WITHIN_MS) {
        peers.set(peer, { count: 1, sinceMs: nowMs })
      } else present.count++
    },
  }
}
