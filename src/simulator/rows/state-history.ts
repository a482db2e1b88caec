/**
 * The states of an account's rows over time. A write adds a state, which reads show from a given time
 * on, so a write or a list can lag behind without any timer.
 */
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

  function dropOld(): void {
    const oldestMs = now() - keepMs
    while (states.length > keepStates && (states[1]?.fromMs ?? Infinity) <= oldestMs) states.shift()
  }

  return {
    states,
    at: (ms) => (states.findLast(({ fromMs }) => fromMs <= ms) ?? states[0] ?? newest).store,
    change(fromMs, act) {
      const store = newest.store.copy()
      const result = act(store)
      const sequence = newest.sequence + 1
      newest = { sequence, fromMs: Math.max(fromMs, newest.fromMs), store }
      states.push(newest)
      dropOld()
      return result
    },
  }
}
