/** What an answer depends on besides its request: the account's rows, the caller, and the time. */
import type { Role } from '../accounts.js'
import type { SimulatorSettings } from '../options.js'
import type { Row, Store } from './store.js'

export interface CallContext {
  readonly store: Store
  /** The row of the person that the token belongs to. */
  readonly caller: Row
  readonly role: Role
  readonly nowWallMs: number
  readonly settings: SimulatorSettings
}

/** Today in GMT, YYYY-MM-DD. */
export function todayOf(call: Pick<CallContext, 'nowWallMs'>): string {
  return new Date(call.nowWallMs).toISOString().slice(0, 10)
}

/** Now in GMT, YYYY-MM-DD HH:MM:SS. */
export function stampOf(call: Pick<CallContext, 'nowWallMs'>): string {
  return new Date(call.nowWallMs).toISOString().slice(0, 19).replace('T', ' ')
}

/** A date so many days later; before, when negative. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) + days * 86_400_000)
    .toISOString()
    .slice(0, 10)
}
