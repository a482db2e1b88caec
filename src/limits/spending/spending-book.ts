/**
 * Who spent what: calls that were charged to a day, by UTC hour, account, consumer and resource, for 35
 * days. What was answered from the cache is not in it.
 *
 * It is written about once a second and when it is closed, so a crash may cost it the last second. The
 * ledger has every permit on disk before it is used and stays exact: what the book misses of a day after
 * a crash is booked to `(unknown)`, and no more is given away than the day has.
 */

import { OTHERS, UNKNOWN } from '../ledger/day.js'
import type { EarlierSpending } from '../ledger/day-book.js'
import { dayOfHour, HOUR_MS, hourOf } from './spending-journal.js'
import type { SpendingJournal, SpendingRecord } from './spending-journal.js'

/** Days that are kept, today apart. */
export const KEPT_DAYS = 35
/** Consumers an hour that are counted by name. */
const MAX_CONSUMERS = 1_000
const OTHER_RESOURCE = 'other'

/** One call that was charged (or, at -1, given back unsent). */
export interface Spent {
  readonly account: string
  readonly consumer: string
  readonly resource: string
  /** When it was charged, by the upstream's clock, epoch milliseconds. */
  readonly takenAtWallMs: number
}

export interface SpendingBookOptions {
  readonly journal: SpendingJournal
  /** What is counted by its name; everything else is `other`. */
  readonly resources: ReadonlySet<string>
  /** Counted by name also beyond 1,000 an hour: those in the configuration. */
  readonly isListed: (consumer: string) => boolean
}

/** One hour that can still change. */
interface OpenHour {
  /** By account, consumer and resource. */
  readonly records: Map<string, SpendingRecord>
  readonly consumers: Set<string>
  /** Keys of what is not written yet. */
  readonly changed: Set<string>
}

const keyOf = ({ account, consumer, resource }: Omit<SpendingRecord, 'hour' | 'calls'>): string =>
  JSON.stringify([account, consumer, resource])

export class SpendingBook {
  readonly #options: SpendingBookOptions
  readonly #open = new Map<number, OpenHour>()
  #cleanedAtHour = -Infinity

  constructor(options: SpendingBookOptions) {
    this.#options = options
  }

  /** `calls` below 0: given back unsent. */
  add({ account, consumer: asked, resource, takenAtWallMs }: Spent, calls: number): void {
    const hour = hourOf(takenAtWallMs)
    const open = this.#hour(hour)
    const what = {
      account,
      consumer: this.#nameIn(open, asked),
      resource: this.#options.resources.has(resource) ? resource : OTHER_RESOURCE,
    }
    const key = keyOf(what)
    const before = open.records.get(key)?.calls ?? 0
    open.records.set(key, { hour, ...what, calls: Math.max(0, before + calls) })
    open.consumers.add(what.consumer)
    open.changed.add(key)
  }

  #hour(hour: number): OpenHour {
    let open = this.#open.get(hour)
    if (open !== undefined) return open
    open = { records: new Map(), consumers: new Set(), changed: new Set() }
    for (const record of this.#options.journal.read(hour, hour + 1)) {
      open.records.set(keyOf(record), record)
      open.consumers.add(record.consumer)
    }
    this.#open.set(hour, open)
    return open
  }

  #nameIn({ consumers }: OpenHour, consumer: string): string {
    if (consumers.has(consumer) || consumers.size < MAX_CONSUMERS) return consumer
    return this.#options.isListed(consumer) ? consumer : OTHERS
  }

  /** Records of one hour, as they stand. */
  ofHour(hour: number): Iterable<SpendingRecord> {
    return this.#open.get(hour)?.records.values() ?? this.#options.journal.read(hour, hour + 1)
  }

  /** Who spent what of the day of `nowMs` and of the one before: for a ledger that begins. */
  earlier(nowMs: number): EarlierSpending[] {
    const sums = new Map<string, EarlierSpending>()
    const last = hourOf(nowMs)
    for (let hour = last - 47; hour <= last; hour++) {
      const day = dayOfHour(hour)
      for (const { account, consumer, calls } of this.ofHour(hour)) {
        const key = JSON.stringify([account, day, consumer])
        sums.set(key, { account, day, consumer, calls: calls + (sums.get(key)?.calls ?? 0) })
      }
    }
    return [...sums.values()]
  }

  /** What the ledger counted of today and the book does not know is nobody's: it is booked so. */
  reconcile(
    counted: Iterable<{ readonly account: string; readonly day: string; readonly taken: number }>,
    nowMs: number,
  ): void {
    const known = this.earlier(nowMs)
    for (const { account, day, taken } of counted) {
      if (day !== dayOfHour(hourOf(nowMs))) continue
      const mine = known.filter((one) => one.account === account && one.day === day)
      const missing = taken - mine.reduce((sum, { calls }) => sum + calls, 0)
      const what = { account, consumer: UNKNOWN, resource: OTHER_RESOURCE, takenAtWallMs: nowMs }
      if (missing > 0) this.add(what, missing)
    }
  }

  /** Calls of each account in this hour and the whole one before, and how long that is. */
  recent(nowMs: number): { readonly calls: ReadonlyMap<string, number>; readonly overMs: number } {
    const hour = hourOf(nowMs)
    const calls = new Map<string, number>()
    for (const one of [hour - 1, hour]) {
      for (const record of this.ofHour(one)) {
        calls.set(record.account, record.calls + (calls.get(record.account) ?? 0))
      }
    }
    return { calls, overMs: nowMs - (hour - 1) * HOUR_MS }
  }

  /** Writes what has changed; what could not be written is tried again the next time. */
  async flush(nowMs: number): Promise<void> {
    const hours = [...this.#open.values()]
    const written = hours.flatMap(({ records, changed }) =>
      [...changed].flatMap((key) => records.get(key) ?? []),
    )
    if (written.length > 0) {
      for (const { changed } of hours) changed.clear()
      try {
        await this.#options.journal.put(written)
      } catch (error) {
        for (const record of written) this.#open.get(record.hour)?.changed.add(keyOf(record))
        throw error
      }
    }
    const hour = hourOf(nowMs)
    for (const [one, { changed }] of this.#open) {
      // The last one may still get a call back that was not sent.
      if (Math.abs(one - hour) > 1 && changed.size === 0) this.#open.delete(one)
    }
    if (hour <= this.#cleanedAtHour) return
    this.#cleanedAtHour = hour
    await this.#options.journal.removeBefore(hour - KEPT_DAYS * 24)
  }
}
