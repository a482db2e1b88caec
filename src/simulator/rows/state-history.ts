/**
 * The states of an account's rows over time. A write adds a state, which reads show from a given time
 * on, so a write or a list can lag behind without any timer.
 */
import { ApiError } from '../api-error.js'
import type { Store } from './store.js'

export interface DatabaseState {
  /** 0 for the seeded rows; each change adds 1. */
  readonly sequence: number
  /** Monotonic time in ms from which reads show this state. */
  readonly fromMs: number
  readonly store: Store
}

export interface StateHistory {
  /** Oldest first; the last one has all changes. */
  readonly states: readonly DatabaseState[]
  /** The rows that a read at this time shows. */
  at(ms: number): Store
  /** Applies `act` to the newest rows; nothing changes if it throws. */
  change<T>(fromMs: number, act: (store: Store) => T): T
  /** Changes the rows at that time, unless `act` throws then. */
  defer(atMs: number, act: (store: Store) => unknown): void
}

export interface HistoryOptions {
  readonly now: () => number
  /** How long a state is kept after reads stopped showing it. */
  readonly keepMs: number
  /** The newest states to keep, however old they are. At least 1. */
  readonly keepStates: number
}

export function createStateHistory(
  first: Store,
  { now, keepMs, keepStates }: HistoryOptions,
): StateHistory {
  let newest: DatabaseState = { sequence: 0, fromMs: Number.NEGATIVE_INFINITY, store: first }
  const states = [newest]
  /** In the order of their times. */
  let deferred: readonly { readonly atMs: number; readonly act: (store: Store) => unknown }[] = []

  function dropOld(): void {
    const oldestMs = now() - keepMs
    while (states.length > keepStates && (states[1]?.fromMs ?? Infinity) <= oldestMs) states.shift()
  }

  function change<T>(fromMs: number, act: (store: Store) => T): T {
    const store = newest.store.copy()
    const result = act(store)
    const sequence = newest.sequence + 1
    newest = { sequence, fromMs: Math.max(fromMs, newest.fromMs), store }
    states.push(newest)
    dropOld()
    return result
  }

  /** Every access starts with this, so deferred changes need no timer. */
  function applyDeferred(): void {
    while (deferred[0] !== undefined && deferred[0].atMs <= now()) {
      const [{ atMs, act }, ...rest] = deferred
      deferred = rest
      try {
        change(atMs, act)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
      }
    }
  }

  return {
    get states() {
      applyDeferred()
      return states
    },
    at(ms) {
      applyDeferred()
      return (states.findLast(({ fromMs }) => fromMs <= ms) ?? states[0] ?? newest).store
    },
    change(fromMs, act) {
      applyDeferred()
      return change(fromMs, act)
    },
    defer(atMs, act) {
      deferred = [...deferred, { atMs, act }].toSorted((a, b) => a.atMs - b.atMs)
    },
  }
}
