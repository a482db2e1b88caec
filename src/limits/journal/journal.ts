/**
 * Where the ledger keeps what it must still know after a crash. Records are small and their number
 * is bounded: one per slot, per account and day, per pause, and two of the ledger's own.
 */

import type { ClockRecord } from '../ledger/day-clock.js'

/** One slot of the window. `endedAtMs` is null while the request is out. */
export interface SlotRecord {
  readonly bootId: string | null
  readonly wallMs: number
  readonly endedAtMs: number | null
  readonly lost: boolean
  readonly account: string
  readonly days: readonly string[]
}

export interface DayRecord {
  readonly account: string
  readonly day: string
  readonly taken: number
  readonly doubtful: number
}

export interface PauseRecord {
  readonly bootId: string | null
  readonly pause: {
    readonly scope: string
    readonly reason: string
    readonly sinceWallMs: number
    /** null: until a person resumes. */
    readonly untilMs: number | null
    readonly untilWallMs: number | null
    readonly durationMs: number | null
    readonly strikes: number
    readonly detail: string
  }
}

export interface CeilingRecord {
  readonly ceiling: number
  readonly loweredWallMs: number
}

export type { ClockRecord }

export interface JournalContents {
  readonly slots: ReadonlyMap<number, SlotRecord>
  readonly days: readonly DayRecord[]
  readonly pauses: readonly PauseRecord[]
  readonly ceiling: CeilingRecord | undefined
  readonly clock: ClockRecord | undefined
}

/**
 * Storage port of the ledger. Writes made in one turn of the event loop become durable together or
 * not at all, and none before what was written earlier; the promise resolves when a kill -9 can no
 * longer undo them, and rejects when they could not be written (then nothing may leave). A slot's
 * record that says when its request ended may be kept for others to join it, a moment long.
 */
export interface Journal {
  /** What is there, or undefined where there is no history at all. */
  load(): JournalContents | undefined
  putSlot(index: number, record: SlotRecord): Promise<unknown>
  putDay(record: DayRecord): Promise<unknown>
  removeDay(account: string, day: string): Promise<unknown>
  putPause(record: PauseRecord): Promise<unknown>
  removePause(scope: string): Promise<unknown>
  putCeiling(record: CeilingRecord): Promise<unknown>
  putClock(record: ClockRecord): Promise<unknown>
  close(): Promise<void>
}
