/**
 * The traffic by the minute for 26 hours and by the hour for 35 days. It is written every few seconds and at
 * the end, so a crash loses a few seconds. No limit depends on it.
 *
 * It holds counts, and names of resources, clients and paths, and nothing else of a request.
 */

import type { FinishedRequests } from '../../observability/request-buffer.js'
import { WAYS } from '../../report/traffic.js'
import type { Way } from '../../report/traffic.js'
import type { Bucket } from '../page/frame.js'
import { SPANS } from './history-journal.js'
import type { HistoryJournal, Span } from './history-journal.js'
import { Tally } from './bucket-tally.js'
import type { Sample } from './bucket-tally.js'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const LENGTH_MS: Readonly<Record<Span, number>> = { minute: MINUTE_MS, hour: HOUR_MS }
/** A whole UTC day and some, for its burn-down; and as long as the spending book. */
export const KEPT_MS: Readonly<Record<Span, number>> = {
  minute: 26 * HOUR_MS,
  hour: 35 * 24 * HOUR_MS,
}

export class History {
  readonly #journal: HistoryJournal
  readonly #closed: Readonly<Record<Span, Map<number, Bucket>>>
  readonly #open: Readonly<Record<Span, Map<number, Tally>>> = {
    minute: new Map(),
    hour: new Map(),
  }
  /** Tallies that are not written yet. */
  readonly #changed = new Map<Tally, Span>()
  readonly #lastDays = new Map<string, string>()

  constructor({ journal, nowMs }: { readonly journal: HistoryJournal; readonly nowMs: number }) {
    this.#journal = journal
    const read = (span: Span): Map<number, Bucket> => {
      const oldest = nowMs - KEPT_MS[span]
      const kept = [...journal.read(span)].filter(({ at }) => at >= oldest && at <= nowMs)
      return new Map(kept.map((bucket) => [bucket.at, bucket]))
    }
    this.#closed = { minute: read('minute'), hour: read('hour') }
  }

  add({ groups, calls }: Pick<FinishedRequests, 'groups' | 'calls'>, nowMs: number): void {
    if (groups.length === 0 && calls === 0) return
    for (const span of SPANS) {
      const tally = this.#tally(span, nowMs)
      for (const group of groups) tally.add(group)
      tally.called(calls)
    }
  }

  /** The state of queue, window and days; a minute without a change takes no room. */
  sampled({ days, ...levels }: Sample, nowMs: number): void {
    const news = days.filter((day) => {
      const text = `${day.used}/${day.max}`
      const isNew = this.#lastDays.get(day.account) !== text
      if (isNew) this.#lastDays.set(day.account, text)
      return isNew
    })
    if (news.length === 0 && levels.waiting === 0 && levels.held === 0) return
    for (const span of SPANS) this.#tally(span, nowMs).sampled({ ...levels, days: news })
  }

  /** Buckets that began at or after `sinceMs`, oldest first. */
  buckets(span: Span, sinceMs = -Infinity): readonly Bucket[] {
    const found = new Map<number, Bucket>()
    for (const [at, bucket] of this.#closed[span]) if (at >= sinceMs) found.set(at, bucket)
    for (const [at, tally] of this.#open[span]) if (at >= sinceMs) found.set(at, tally.bucket())
    return [...found.values()].toSorted((a, b) => a.at - b.at)
  }

  /** The sums of all hours that began at or after `sinceMs`. */
  sums(sinceMs: number): { readonly ways: Readonly<Record<Way, number>>; readonly calls: number } {
    const hours = new Map<number, Pick<Bucket, 'ways' | 'calls'>>(this.#closed.hour)
    for (const [at, tally] of this.#open.hour) hours.set(at, tally.sums())
    const sums = Object.fromEntries(WAYS.map((way) => [way, 0])) as Record<Way, number>
    let sent = 0
    for (const [at, { ways, calls }] of hours) {
      if (at < sinceMs) continue
      sent += calls
      for (const way of WAYS) sums[way] += ways[way] ?? 0
    }
    return { ways: sums, calls: sent }
  }

  /** Writes the buckets that have changed; after a failure the next call tries again. */
  async flush(nowMs: number): Promise<void> {
    const changed = [...this.#changed]
    this.#changed.clear()
    try {
      const written = changed.map(([tally, span]) => ({ span, bucket: tally.bucket() }))
      if (written.length > 0) await this.#journal.put(written)
    } catch (error) {
      for (const [tally, span] of changed) this.#changed.set(tally, span)
      throw error
    }
    this.#close(nowMs)
    for (const span of SPANS) await this.#journal.removeBefore(span, nowMs - KEPT_MS[span])
  }

  #tally(span: Span, nowMs: number): Tally {
    const at = Math.floor(nowMs / LENGTH_MS[span]) * LENGTH_MS[span]
    let tally = this.#open[span].get(at)
    if (tally === undefined) {
      const before = this.#closed[span].get(at)
      const hasTables = span === 'hour'
      tally = new Tally(at, { hasTables, ...(before !== undefined && { before }) })
      this.#open[span].set(at, tally)
    }
    this.#changed.set(tally, span)
    return tally
  }

  /** Turns tallies that are over into buckets, and removes buckets that are too old. */
  #close(nowMs: number): void {
    for (const span of SPANS) {
      const { [span]: open } = this.#open
      const { [span]: closed } = this.#closed
      for (const [at, tally] of open) {
        const isRunning = at + LENGTH_MS[span] > nowMs && at <= nowMs
        if (isRunning || this.#changed.has(tally)) continue
        closed.set(at, tally.bucket())
        open.delete(at)
      }
      for (const at of closed.keys()) if (at < nowMs - KEPT_MS[span]) closed.delete(at)
    }
  }
}
