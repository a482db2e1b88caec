/** A running simulator, as the process that started it sees it. */
import type { Fault } from './control/faults.js'
import type { Hold, HoldMatch, HoldStage } from './control/holds.js'
import type { Arrival } from './control/journal.js'
import type { SimulatorSettings } from './options.js'
import type { DatabaseState } from './rows/state-history.js'

/** An edit in the web interface: the data change without an API call. */
export interface WebEdit {
  readonly resource: string
  readonly id: string
  readonly fields: Readonly<Record<string, string | null>>
}

/** One change of the data, through the API or in the web interface. */
export interface Change {
  /** Epoch ms. */
  readonly wallMs: number
  readonly by: 'api' | 'web'
  readonly resource: string
}

export interface Simulator {
  /** `http://127.0.0.1:PORT/`, or https with `tls`. */
  readonly url: string
  readonly port: number
  /** All options with their defaults. */
  readonly settings: SimulatorSettings
  /** The journal, oldest first: at most `journalMax` arrivals, without requests to `/-simulator/`. */
  readonly arrivals: readonly Arrival[]
  clearArrivals(): void
  /** All changes, oldest first. */
  readonly changes: readonly Change[]
  /** The body of a GET, now or of an earlier state, without counting or delaying anything. */
  truth(target: string, headers: Readonly<Record<string, string>>, state?: DatabaseState): string
  /** Oldest first: the newest `keepStates`, and all that reads may still show. Throws TypeError for an unknown account. */
  states(account: string): readonly DatabaseState[]
  /** Resolves after the arrival with this sequence number, counted from 1. */
  untilArrival(sequence: number): Promise<void>
  /** Largest number of counted arrivals in any [t, t + windowMs); default the option's window. */
  maxInAnyWindow(windowMs?: number): number
  /** Requests charged to the current day of an account. Throws TypeError for an unknown one. */
  dayUsed(account: string): number
  /** Replaces all faults. Throws TypeError for a malformed one. */
  setFaults(faults: readonly Fault[]): void
  /** Holds requests from now on; by default all of them, when their answer is ready. */
  hold(match?: HoldMatch, stage?: HoldStage): Hold
  /** Changes a row as the web interface does. Throws TypeError for an unknown row. */
  edit(
    account: string,
    resource: string,
    id: string,
    fields: Readonly<Record<string, string | null>>,
  ): void
  /** Closes all connections and clears all timers. */
  close(): Promise<void>
}
