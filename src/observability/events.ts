/** Changes of state that an operator may want to hear of: for the dashboard's list, and for the webhook. */

import type { PurgeSelection } from '../cache/index.js'
import type { PauseReason } from '../limits/index.js'
import type { HealthCode } from '../report/health.js'

export type StateEvent =
  /** The upstream refused, or an operator paused it: nothing in this scope is sent. */
  | {
      readonly event: 'paused'
      readonly scope: string
      readonly reason: PauseReason
      /** Null: until an operator resumes it. */
      readonly seconds: number | null
      readonly detail: string
    }
  | { readonly event: 'resumed'; readonly scope: string; readonly by: 'upstream' | 'hand' }
  /** This part of a day is spent: of an account's, or of what is kept for a client. */
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
  /** Something keeps the proxy from its work; null: no longer. */
  | { readonly event: 'health'; readonly code: HealthCode; readonly message: string | null }
  /** An operator dropped cache entries. */
  | { readonly event: 'purged'; readonly selection: PurgeSelection; readonly purged: number }

export interface Events {
  emit(event: StateEvent): void
  /** Returns a function that ends the subscription. */
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
