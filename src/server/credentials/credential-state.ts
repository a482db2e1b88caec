/**
 * What Intervals last said about each credential: accepted or refused (401), and when. One place decides
 * whether a credential is sent again, which cache entries it may still read, and whether it shares in
 * answers that other credentials fetched.
 */

import { LRUCache } from 'lru-cache'
import type { Clock } from '../../limits/index.js'

export interface CredentialStates {
  /** Milliseconds until a refused credential is tried again; undefined: it may be sent now. */
  closedForMs(credentialId: string): number | undefined
  /** Entries stored at or before this moment are hidden from it, epoch milliseconds; -Infinity: none. */
  refusedAtMs(credentialId: string): number
  /** Whether Intervals accepted it lately: only then it shares in answers of other credentials. */
  isAccepted(credentialId: string): boolean
  /** Whether Intervals has accepted it at all, since its last refusal. */
  wasAccepted(credentialId: string): boolean
  /**
   * The status of an answer to it. A promise after a refusal: it resolves when every worker and replica
   * knows, and only then the refusal may be passed on. It never rejects.
   */
  answered(credentialId: string, status: number): Promise<void> | undefined
}

/** Where refusals outlive the process, and how other processes hear of them. */
export interface CredentialFeed {
  accepted(credentialId: string, wallMs: number): void
  refused(credentialId: string, wallMs: number): Promise<void>
  /** Refusals that are in force, from an earlier run or another process, epoch milliseconds. */
  refusedAtMs?(credentialId: string): number | undefined
}

interface State {
  /** Monotonic. */
  acceptedAtMs: number
  /** Epoch milliseconds. */
  refusedAtMs: number
  /** Not sent before this moment, monotonic. */
  closedUntilMs: number
  refusalsInARow: number
}

/** How long an acceptance lasts. */
export const ACCEPTED_FOR_MS = 15 * 60_000
/** A misconfigured app would spend the whole day on a wrong token: 5 s, doubled with each refusal in a row. */
const CLOSED_FIRST_MS = 5_000
const CLOSED_LONGEST_MS = 60_000
const MAX_CREDENTIALS = 10_000

export function createCredentialStates(clock: Clock, feed?: CredentialFeed): CredentialStates {
  const states = new LRUCache<string, State>({ max: MAX_CREDENTIALS })

  function stateOf(id: string): State {
    const known = states.get(id)
    if (known !== undefined) return known
    const state: State = {
      acceptedAtMs: -Infinity,
      refusedAtMs: -Infinity,
      closedUntilMs: -Infinity,
      refusalsInARow: 0,
    }
    states.set(id, state)
    return state
  }

  return {
    closedForMs(id) {
      const leftMs = (states.get(id)?.closedUntilMs ?? -Infinity) - clock.monotonicMs()
      return leftMs > 0 ? leftMs : undefined
    },
    refusedAtMs: (id) =>
      Math.max(states.get(id)?.refusedAtMs ?? -Infinity, feed?.refusedAtMs?.(id) ?? -Infinity),
    isAccepted(id) {
      const { acceptedAtMs = -Infinity } = states.get(id) ?? {}
      return clock.monotonicMs() - acceptedAtMs < ACCEPTED_FOR_MS
    },
    wasAccepted: (id) => (states.get(id)?.acceptedAtMs ?? -Infinity) !== -Infinity,
    answered(id, status) {
      if (status !== 401) {
        if (status >= 400) return undefined
        const state = stateOf(id)
        state.acceptedAtMs = clock.monotonicMs()
        state.refusalsInARow = 0
        state.closedUntilMs = -Infinity
        feed?.accepted(id, clock.wallMs())
        return undefined
      }
      const state = stateOf(id)
      const closedMs = Math.min(CLOSED_LONGEST_MS, CLOSED_FIRST_MS * 2 ** state.refusalsInARow)
      state.refusalsInARow++
      state.closedUntilMs = clock.monotonicMs() + closedMs
      state.acceptedAtMs = -Infinity
      state.refusedAtMs = clock.wallMs()
      return feed?.refused(id, state.refusedAtMs)
    },
  }
}
