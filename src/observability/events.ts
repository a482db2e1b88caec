/** Changes of state that an operator may want to hear of: for the dashboard's list, and for the webhook. */

import type { PurgeSelection } from '../cache/index.js'
import type { PauseReason } from '../limits/index.js'

export type StateEvent =
  /** The upstream refused, or a person stopped it: nothing behind this scope leaves. */
  | {
      readonly event: 'paused'
      readonly scope: string
      readonly reason: PauseReason
      /** Null: until a person resumes. */
      readonly seconds: number | null
      readonly detail: string
    }
  | { readonly event: 'resumed'; readonly scope: string; readonly by: 'upstream' | 'hand' }
  /** So much of a day is spent: of an account, or of what is kept for a consumer. */
  | {
      readonly event: 'budget'
      readonly account: string
      readonly consumer: string | null
      readonly day: string
      readonly percent: number
      readonly used: number
      readonly max: number
      /** When the account's day runs out at the present rate, ISO 8601; null: it lasts. */
      readonly lastsUntil: string | null
    }
  /** An operator dropped cache entries. */
  | { readonly event: 'purged'; readonly selection: PurgeSelection; readonly purged: number }

export interface Events {
  emit(event: StateEvent): void
  /** Returns the way to stop. */
  subscribe(listener: (event: StateEvent) => void): () => void
}

export function createEvents(): Events {
  const listeners = new Set<(event: StateEvent) => void>()
  return {
    emit(event) {
      for (const listener of listeners) listener(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
