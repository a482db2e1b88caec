/** The slots of the window and the requests that hold them, in step with the journal. */

import type { CeilingRecord, Journal, JournalContents, SlotRecord } from '../journal/journal.js'
import type { Clock, Permit, PermitEnd } from './types.js'
import {
  createWindow,
  freeSlot,
  nextFreeAt,
  nthFreeAt,
  releases,
  roomOf,
  slotTimes,
} from './window.js'
import type { Room, WindowRules, WindowState } from './window.js'

/** Monotonic times of another boot mean nothing here; beyond this age the wall clock is believed. */
const OTHER_BOOT_TRUST_MS = 600_000

/** A lowered ceiling rises by a twentieth of `max` for each such stretch without a refusal. */
const RECOVERY_STEP_MS = 600_000

export class SlotBook {
  readonly #rules: WindowRules
  readonly #state: WindowState
  readonly #clock: Clock
  readonly #journal: Journal
  #lowered: CeilingRecord | undefined
  /** When it was lowered, or when this process began. */
  #loweredMs: number
  #unknownUntilMs = -Infinity

  constructor(options: {
    rules: WindowRules
    clock: Clock
    journal: Journal
    contents: JournalContents | undefined
  }) {
    this.#rules = options.rules
    this.#clock = options.clock
    this.#journal = options.journal
    this.#state = createWindow(options.rules)
    this.#lowered = options.contents?.ceiling
    this.#loweredMs = this.#clock.monotonicMs()
    const { slots } = this.#state
    for (const [index, record] of options.contents?.slots ?? []) {
      while (slots.length <= index) slots.push({ permit: null, freeAtMs: 0 })
      slots[index] = { permit: null, freeAtMs: this.#restoredFreeAt(record) }
    }
  }

  /** Counts all of the window as just spent. Resolves when a restart would do the same. */
  fill(): Promise<unknown> {
    const nowMs = this.#clock.monotonicMs()
    this.#unknownUntilMs = nowMs + this.#holdMs(true)
    const { bootId } = this.#clock
    const wallMs = this.#clock.wallMs()
    const spent = { bootId, wallMs, endedAtMs: nowMs, lost: true, account: '', days: [] }
    const count = Math.max(this.#rules.max, this.#state.slots.length)
    const written = Array.from({ length: count }, (_, index) => {
      this.#state.slots[index] = { permit: null, freeAtMs: this.#unknownUntilMs }
      return this.#journal.putSlot(index, spent)
    })
    const all = Promise.all(written)
    all.catch(() => {})
    return all
  }

  /** Until then the window counts as full, because nothing is known of it; undefined: it is known. */
  quarantineMs(): number | undefined {
    const leftMs = this.#unknownUntilMs - this.#clock.monotonicMs()
    return leftMs > 0 ? leftMs : undefined
  }

  /** Returns the slots that only the missing history held; false if there were none. */
  endQuarantine(): boolean {
    if (this.quarantineMs() === undefined) return false
    const { bootId } = this.#clock
    const endedAtMs = this.#clock.monotonicMs() - this.#holdMs(false)
    const free = { bootId, wallMs: this.#clock.wallMs(), endedAtMs, lost: false }
    this.#state.slots.forEach(({ freeAtMs }, index) => {
      if (freeAtMs !== this.#unknownUntilMs) return
      this.#state.slots[index] = { permit: null, freeAtMs: 0 }
      void this.#journal.putSlot(index, { ...free, account: '', days: [] }).catch(() => {})
    })
    this.#unknownUntilMs = -Infinity
    return true
  }

  #holdMs(lost: boolean): number {
    const { windowMs, marginMs, lostMarginMs } = this.#rules
    return windowMs + marginMs + (lost ? lostMarginMs : 0)
  }

  /** A request in flight when the process died is dead now: its socket died with the process. */
  #restoredFreeAt(record: SlotRecord): number {
    const nowMs = this.#clock.monotonicMs()
    const isThisBoot = record.bootId !== null && record.bootId === this.#clock.bootId
    if (isThisBoot && record.endedAtMs !== null) return record.endedAtMs + this.#holdMs(record.lost)
    const ageMs = this.#clock.wallMs() - record.wallMs
    if (!isThisBoot && ageMs > OTHER_BOOT_TRUST_MS + this.#holdMs(true)) return 0
    return nowMs + this.#holdMs(true)
  }

  /** See `freeSlot`. */
  free(nowMs: number): number | undefined {
    this.#raiseCeiling()
    return freeSlot(this.#state, nowMs)
  }

  /** Holds the slot for this permit, which may be used once the promise resolves. */
  take(permit: Permit): Promise<unknown> {
    this.#state.slots[permit.slot] = { permit: permit.id, freeAtMs: 0 }
    return this.#write(permit, null, false)
  }

  /**
   * The slot comes back after the hold, or at once if the request was never written. The record of an
   * unsent request ends a whole hold ago.
   */
  ended(permit: Permit, end: PermitEnd): void {
    const nowMs = this.#clock.monotonicMs()
    const lost = end === 'dead'
    const holdMs = this.#holdMs(lost)
    const endedAtMs = end === 'unsent' ? nowMs - holdMs : nowMs
    this.#state.slots[permit.slot] = { permit: null, freeAtMs: endedAtMs + holdMs }
    this.#write(permit, endedAtMs, lost).catch(() => {})
  }

  #write(permit: Permit, endedAtMs: number | null, lost: boolean): Promise<unknown> {
    const { account, days } = permit
    const { bootId } = this.#clock
    const record = { bootId, wallMs: this.#clock.wallMs(), endedAtMs, lost, account, days }
    return this.#journal.putSlot(permit.slot, record)
  }

  /** Something else sends from our address: use a quarter less, and note since when. */
  lower(): void {
    this.#raiseCeiling()
    const lowest = Math.ceil(this.#rules.max / 10)
    const ceiling = Math.max(lowest, Math.floor(this.#state.ceiling * 0.75))
    this.#lowered = { ceiling, loweredWallMs: this.#clock.wallMs() }
    this.#loweredMs = this.#clock.monotonicMs()
    this.#state.ceiling = ceiling
    void this.#journal.putCeiling(this.#lowered).catch(() => {})
  }

  #raiseCeiling(): void {
    if (this.#lowered === undefined) return
    const { max } = this.#rules
    // By whichever clock is ahead: one stands still during sleep, the other may step back.
    const elapsedMs = Math.max(
      this.#clock.monotonicMs() - this.#loweredMs,
      this.#clock.wallMs() - this.#lowered.loweredWallMs,
    )
    const regained = Math.floor(elapsedMs / RECOVERY_STEP_MS) * Math.ceil(max / 20)
    this.#state.ceiling = Math.min(max, this.#lowered.ceiling + regained)
  }

  ceiling(): number {
    this.#raiseCeiling()
    return this.#state.ceiling
  }

  room(): Room {
    this.#raiseCeiling()
    return roomOf(this.#state, this.#clock.monotonicMs())
  }

  nextFreeAt(nowMs: number): number | undefined {
    return nextFreeAt(this.#state, nowMs)
  }

  /** When `count` further slots are free, monotonic; an estimate while requests are in flight. */
  forecast(count: number): number {
    this.#raiseCeiling()
    const nowMs = this.#clock.monotonicMs()
    return nthFreeAt(this.#state, { count, nowMs, rules: this.#rules })
  }

  /** See `slotTimes`. */
  slotTimes(): readonly number[] {
    this.#raiseCeiling()
    const nowMs = this.#clock.monotonicMs()
    return slotTimes(this.#state, { nowMs, rules: this.#rules })
  }

  /** See `releases`. */
  releases(): readonly number[] {
    return releases(this.#state, this.#clock.monotonicMs())
  }
}
