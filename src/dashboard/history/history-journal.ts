/** Where the history of the dashboard is kept. No budget depends on it. */

import type { Bucket, LoggedEvent } from '../page/frame.js'

export const SPANS = ['minute', 'hour'] as const
export type Span = (typeof SPANS)[number]

export interface SpanBucket {
  readonly span: Span
  readonly bucket: Bucket
}

/** The writers bound its size: see history.ts and event-log.ts. */
export interface HistoryJournal {
  readonly keptIn: 'disk' | 'memory'
  /** Oldest first. */
  read(span: Span): Iterable<Bucket>
  /** Buckets given to one call become durable together, and replace those with the same beginning. */
  put(buckets: readonly SpanBucket[]): Promise<void>
  /** Removes buckets that began before this time, epoch milliseconds. */
  removeBefore(span: Span, at: number): Promise<void>
  /** In the order of their ids. */
  events(): Iterable<LoggedEvent>
  putEvents(events: readonly LoggedEvent[]): Promise<void>
  removeEventsBefore(id: number): Promise<void>
  close(): Promise<void>
}

/** Lives as long as its object; tests pass it on to simulate a restart. */
export function createMemoryHistory(): HistoryJournal {
  const spans = { minute: new Map<number, Bucket>(), hour: new Map<number, Bucket>() }
  const events = new Map<number, LoggedEvent>()
  const done = Promise.resolve()
  return {
    keptIn: 'memory',
    read: (span) => [...spans[span].values()].toSorted((a, b) => a.at - b.at),
    put(buckets) {
      for (const { span, bucket } of buckets) spans[span].set(bucket.at, bucket)
      return done
    },
    removeBefore(span, at) {
      for (const key of spans[span].keys()) if (key < at) spans[span].delete(key)
      return done
    },
    events: () => [...events.values()].toSorted((a, b) => a.id - b.id),
    putEvents(changed) {
      for (const event of changed) events.set(event.id, event)
      return done
    },
    removeEventsBefore(id) {
      for (const key of events.keys()) if (key < id) events.delete(key)
      return done
    },
    close: () => done,
  }
}
