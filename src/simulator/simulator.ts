/** What a started simulator offers to the process it runs in. */
import type { Fault } from './faults.js'
import type { Hold, HoldMatch, HoldStage } from './holds.js'
import type { Arrival } from './journal.js'
import type { SimulatorSettings } from './options.js'

/** What is done in the web interface: no API call, the data change. */
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
  /** The journal, oldest first, at most `journalMax` long. Requests to the control surface are not in it. */
  readonly arrivals: readonly Arrival[]
  clearArrivals(): void
  /** Everything that was changed, oldest first. */
  readonly changes: readonly Change[]
  /** What a GET would be answered now, as a judge has to know it: counted and delayed nowhere. */
  truth(target: string, headers: Readonly<Record<string, string>>): string
  /** Resolves once the arrival of this sequence number, counted from 1, is in. */
  untilArrival(sequence: number): Promise<void>
  /** Largest number of counted arrivals in any [t, t + windowMs); default the option's window. */
  maxInAnyWindow(windowMs?: number): number
  /** Requests charged to the current day of an account. Throws TypeError for an unknown one. */
  dayUsed(account: string): number
  /** Replaces all faults. Throws TypeError for a malformed one. */
  setFaults(faults: readonly Fault[]): void
  /** Holds what arrives from now on, by default everything and when its answer is ready. */
  hold(match?: HoldMatch, stage?: HoldStage): Hold
  /** Changes a row as a person in the web interface does. Throws TypeError for an unknown one. */
  edit(
    account: string,
    resource: string,
    id: string,
    fields: Readonly<Record<string, string | null>>,
  ): void
  /** Cuts all connections and stops all timers. */
  close(): Promise<void>
}
