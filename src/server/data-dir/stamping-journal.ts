/**
 * Keeps the usage stamp current: a journal that stamps before it writes the record of a request, so before
 * the request is sent. A process that is killed right after its first request, and then loses its
 * directory, leaves no other trace.
 */

import type { Clock, Journal } from '../../limits/index.js'
import type { UsageStamp } from './usage-stamp.js'

/** The stamp is at most this old while requests are sent or in flight, milliseconds. */
export const STAMP_EVERY_MS = 1_000

/** Closing the journal ends the stamps. */
export function stampingJournal(journal: Journal, stamp: UsageStamp, clock: Clock): Journal {
  const inFlight = new Set<number>()
  let stampedAtMs = Number.NEGATIVE_INFINITY
  const touch = (): void => {
    stampedAtMs = clock.monotonicMs()
    stamp.touch()
  }
  const timer = setInterval(() => {
    if (inFlight.size > 0) touch()
  }, STAMP_EVERY_MS)
  timer.unref()
  return {
    ...journal,
    putSlot(index, record) {
      if (record.endedAtMs === null) inFlight.add(index)
      else inFlight.delete(index)
      if (clock.monotonicMs() - stampedAtMs >= STAMP_EVERY_MS) touch()
      return journal.putSlot(index, record)
    },
    close() {
      clearInterval(timer)
      return journal.close()
    },
  }
}
