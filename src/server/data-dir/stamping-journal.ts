/**
 * Keeps the marker in step with what leaves: a journal that marks before the record of a request
 * is written, so before the request. Later would be too late: a process that is killed right after
 * its first request, and loses its directory, leaves no other trace.
 */

import type { Clock, Journal } from '../../limits/index.js'
import type { Marker } from './usage-stamp.js'

/** The mark is at most this old while requests leave or are out. Milliseconds. */
export const MARK_EVERY_MS = 1_000

/** `journal` with marks. Closing it ends them. */
export function markingJournal(journal: Journal, marker: Marker, clock: Clock): Journal {
  const out = new Set<number>()
  let markedAtMs = Number.NEGATIVE_INFINITY
  const mark = (): void => {
    markedAtMs = clock.monotonicMs()
    marker.touch()
  }
  const timer = setInterval(() => {
    if (out.size > 0) mark()
  }, MARK_EVERY_MS)
  timer.unref()
  return {
    ...journal,
    putSlot(index, record) {
      if (record.endedAtMs === null) out.add(index)
      else out.delete(index)
      if (clock.monotonicMs() - markedAtMs >= MARK_EVERY_MS) mark()
      return journal.putSlot(index, record)
    },
    close() {
      clearInterval(timer)
      return journal.close()
    },
  }
}
