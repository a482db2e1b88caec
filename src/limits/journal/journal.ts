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
  /** True: records were damaged, so any of them may be missing. */
  readonly isDamaged: boolean
}

/**
 * Storage port of the ledger. A promise resolves when a kill -9 can no longer undo the write, and rejects when
 * it could not be written in time: then the request may not be sent. The journal goes on trying, so that in
 * the end it has the newest record of each key.
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
  /** Why nothing can be written now. */
  problem(): string | undefined
  close(): Promise<void>
}
