/** What a worker counts, told to the primary as differences: it has the sums of all. */

import type { Metrics } from '../observability/metrics.js'
import { COUNTED } from './worker-messages.js'
import type { Count } from './worker-messages.js'

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

export function addCounts(metrics: Metrics, counts: readonly Count[]): void {
  for (const { counter, labels, by } of counts) {
    // The labels are those of the same counter at the worker.
    const counted = metrics[counter] as { inc(labels: object, by: number): void }
    counted.inc(labels, by)
  }
}
