/** The window's slots, who is out on them, and the journal in step. */

import type { CeilingRecord, Journal, JournalContents, SlotRecord } from '../journal/journal.js'
import type { Clock, Permit } from './types.js'
import {
  cool,
  createWindow,
  heldSlots,
  inFlight,
  nextFreeAt,
  nthFreeAt,
  takeSlot,
} from './window.js'
import type { WindowRules, WindowState } from './window.js'

/** How a ledger without history starts: as if the whole window had just been spent, or idle. */
export type NewDisk = 'full' | 'idle'

/** Another boot's monotonic times mean nothing here; the wall clock is believed beyond this. */
const OTHER_BOOT_TRUST_MS = 600_000

/** A lowered ceiling rises by a twentieth of `max` for each such stretch without a refusal. */
const RECOVERY_STEP_MS = 600_000

export class SlotBook {
  readonly rules: WindowRules
  readonly #state: WindowState
  readonly #clock: Clock
  readonly #journal: Journal
  #lowered: CeilingRecord | undefined

  constructor(options: {
    rules: WindowRules
    clock: Clock
    journal: Journal
    contents: JournalContents | undefined
    newDisk: NewDisk
  }) {
    this.rules = options.rules
    this.#clock = options.clock
    this.#journal = options.journal
    this.#state = createWindow(options.rules)
    this.#lowered = options.contents?.ceiling
    const { slots } = this.#state
    if (options.contents === undefined && options.newDisk === 'full') {
      const nowMs = this.#clock.monotonicMs()
      const freeAtMs = nowMs + this.#holdMs(true)
      const { bootId } = this.#clock
      const wallMs = this.#clock.wallMs()
      const spent = { bootId, wallMs, endedAtMs: nowMs, lost: true, account: '', days: [] }
      for (let i = 0; i < options.rules.max; i++) {
        slots.push({ permit: null, freeAtMs })
        // Or a restart a moment later would find a history of an idle window.
        void this.#journal.putSlot(i, spent).catch(() => {})
      }
    }
    for (const [index, record] of options.contents?.slots ?? []) {
      while (slots.length <= index) slots.push({ permit: null, freeAtMs: 0 })
      slots[index] = { permit: null, freeAtMs: this.#restoredFreeAt(record) }
    }
  }

  #holdMs(lost: boolean): number {
    const { windowMs, marginMs, lostMarginMs } = this.rules
    return windowMs + marginMs + (lost ? lostMarginMs : 0)
  }

  /** A request that was out when the process died is dead now: its socket died with the process. */
  #restoredFreeAt(record: SlotRecord): number {
    const nowMs = this.#clock.monotonicMs()
    const isThisBoot = record.bootId !== null && record.bootId === this.#clock.bootId
    if (isThisBoot && record.endedAtMs !== null) return record.endedAtMs + this.#holdMs(record.lost)
    const ageMs = this.#clock.wallMs() - record.wallMs
    if (!isThisBoot && ageMs > OTHER_BOOT_TRUST_MS + this.#holdMs(true)) return 0
    return nowMs + this.#holdMs(true)
  }

  take(permitId: number): number | undefined {
    this.#state.ceiling = this.ceiling()
    return takeSlot(this.#state, permitId, this.#clock.monotonicMs())
  }

  /** The record of a slot that was just taken; the permit may be used once this is durable. */
  writeTaken(permit: Permit): Promise<void> {
    return this.#journal.putSlot(permit.slot, this.#record(permit, null, false))
  }

  ended(permit: Permit, { lost }: { lost: boolean }): void {
    const nowMs = this.#clock.monotonicMs()
    cool(this.#state, permit.slot, { freeAtMs: nowMs + this.#holdMs(lost) })
    void this.#journal.putSlot(permit.slot, this.#record(permit, nowMs, lost)).catch(() => {})
  }

  /** Never written to the wire: free at once. */
  giveBack(permit: Permit): void {
    const nowMs = this.#clock.monotonicMs()
    cool(this.#state, permit.slot, { freeAtMs: nowMs })
    const endedAtMs = nowMs - this.#holdMs(false)
    void this.#journal.putSlot(permit.slot, this.#record(permit, endedAtMs, false)).catch(() => {})
  }

  #record(permit: Permit, endedAtMs: number | null, lost: boolean): SlotRecord {
    const { account, days } = permit
    const { bootId } = this.#clock
    return { bootId, wallMs: this.#clock.wallMs(), endedAtMs, lost, account, days }
  }

  /** Something else spends from our address: use a quarter less, and say since when. */
  lower(): number {
    const ceiling = Math.max(Math.ceil(this.rules.max / 10), Math.floor(this.ceiling() * 0.75))
    this.#lowered = { ceiling, loweredWallMs: this.#clock.wallMs() }
    void this.#journal.putCeiling(this.#lowered).catch(() => {})
    return ceiling
  }

  ceiling(): number {
    const { max } = this.rules
    if (this.#lowered === undefined) return max
    const elapsedMs = Math.max(0, this.#clock.wallMs() - this.#lowered.loweredWallMs)
    const regained = Math.floor(elapsedMs / RECOVERY_STEP_MS) * Math.ceil(max / 20)
    return Math.min(max, this.#lowered.ceiling + regained)
  }

  held(): number {
    return heldSlots(this.#state, this.#clock.monotonicMs())
  }

  inFlight(): number {
    return inFlight(this.#state)
  }

  nextFreeAt(): number | undefined {
    return nextFreeAt(this.#state, this.#clock.monotonicMs())
  }

  nthFreeAt(count: number, flightMs: number): number {
    this.#state.ceiling = this.ceiling()
    const nowMs = this.#clock.monotonicMs()
    return nthFreeAt(this.#state, { count, nowMs, flightMs, rules: this.rules })
  }

  /** Monotonic times at which the cooling slots come back, soonest first: for status and dashboard. */
  releases(): readonly number[] {
    const nowMs = this.#clock.monotonicMs()
    return this.#state.slots
      .filter((slot) => slot.permit === null && slot.freeAtMs > nowMs)
      .map((slot) => slot.freeAtMs)
      .toSorted((a, b) => a - b)
  }
}
