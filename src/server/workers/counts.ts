/** What a worker counts, told to the primary as differences: it has the sums of all. */

import type { Counts, Way } from '../dashboard/page/frame.js'
import type { Metrics } from '../metrics.js'
import type { SavedCause } from '../saved-calls.js'
import type { Services } from '../services.js'
import { COUNTED } from './messages.js'
import type { Count } from './messages.js'

/** Each call gives what was counted since the call before. */
export function createTally(metrics: Metrics): () => Promise<readonly Count[]> {
  const told = new Map<string, number>()
  return async () => {
    const counts: Count[] = []
    for (const counter of COUNTED) {
      const { values } = await metrics[counter].get()
      for (const { labels, value } of values) {
        const key = JSON.stringify([counter, labels])
        const by = value - (told.get(key) ?? 0)
        if (by === 0) continue
        told.set(key, value)
        counts.push({ counter, labels, by })
      }
    }
    return counts
  }
}

export function addCounts(
  { metrics, recorder }: Pick<Services, 'metrics' | 'recorder'>,
  counts: readonly Count[],
): void {
  for (const { counter, labels, by } of counts) {
    // The labels are those of the same counter at the worker.
    const counted = metrics[counter] as { inc(labels: object, by: number): void }
    counted.inc(labels, by)
  }
  recorder.counted(waysIn(counts))
}

const WAYS: Readonly<Record<SavedCause, Way>> = {
  hit: 'hit',
  'not-modified': 'hit',
  negative: 'hit',
  stale: 'stale',
  joined: 'joined',
  replayed: 'hit',
  'refused-token': 'refused',
}

/** The same for the history of the dashboard: a worker answers nothing but what it saves a call by. */
function waysIn(counts: readonly Count[]): Counts {
  const ways: Partial<Record<Way, number>> = {}
  for (const { counter, labels, by } of counts) {
    if (counter !== 'savedCalls') continue
    // The label of that counter.
    const way = WAYS[labels['cause'] as SavedCause]
    ways[way] = (ways[way] ?? 0) + by
  }
  return ways
}
