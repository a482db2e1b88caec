/** The history on disk, in an LMDB file of its own, so that damage to it affects no budget. */

import type { Database } from 'lmdb'
import { assertRoom } from '../../storage/free-space.js'
import { openDatabase } from '../../storage/open-database.js'
import { within } from '../../storage/within.js'
import type { Bucket, LoggedEvent } from '../page/frame.js'
import type { HistoryJournal, Span } from './history-journal.js'
import { assertHistoryShape } from './history-shape.js'

/** Raised when a record changes its shape. */
const FORMAT = 1

type BucketKey = [span: Span, at: number]

/**
 * Opens `path` (a file; LMDB puts a `-lock` beside it), or makes it.
 *
 * @throws FileFormatError when another version wrote it; any other error means that the file cannot be
 *   read.
 */
export function openLmdbHistory(path: string): HistoryJournal {
  const { root } = openDatabase(path, FORMAT)
  // A name may be any text, and JSON keeps __proto__ from becoming a property.
  const buckets = root.openDB<Bucket, BucketKey>({ name: 'buckets', encoding: 'json' })
  const events = root.openDB<LoggedEvent, number>({ name: 'events', encoding: 'json' })
  try {
    const values = <T>({ value }: { value: T }): T => value
    assertHistoryShape(buckets.getRange().map(values), events.getRange().map(values))
  } catch (error) {
    void root.close()
    throw error
  }

  async function change(database: Database, action: () => void): Promise<void> {
    assertRoom(path)
    await within(database.transaction(action))
  }

  return {
    keptIn: 'disk',
    *read(span): Generator<Bucket> {
      for (const { value } of buckets.getRange({ start: [span, 0], end: [span, Infinity] })) {
        yield value
      }
    },
    async put(changed) {
      await change(buckets, () => {
        for (const { span, bucket } of changed) void buckets.put([span, bucket.at], bucket)
      })
    },
    async removeBefore(span, at) {
      const old = [...buckets.getKeys({ start: [span, 0], end: [span, at] })]
      if (old.length === 0) return
      await change(buckets, () => {
        for (const key of old) void buckets.remove(key)
      })
    },
    *events(): Generator<LoggedEvent> {
      for (const { value } of events.getRange()) yield value
    },
    async putEvents(changed) {
      await change(events, () => {
        for (const event of changed) void events.put(event.id, event)
      })
    },
    async removeEventsBefore(id) {
      const old = [...events.getKeys({ end: id })]
      if (old.length === 0) return
      await change(events, () => {
        for (const key of old) void events.remove(key)
      })
    },
    close: () => root.close(),
  }
}
