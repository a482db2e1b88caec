/** A worker's counters, sent to the primary as differences; the primary has the sums. */

import type { Metrics } from '../observability/metrics.js'
import { COUNTED } from './worker-messages.js'
import type { Count } from './worker-messages.js'

/** Each call resolves to the increases since the call before. */
export function createTally(metrics: Metrics): () => Promise<readonly Count[]> {
  const reported = new Map<string, number>()
  return async () => {
    const counts: Count[] = []
    for (const counter of COUNTED) {
      const { values } = await metrics[counter].get()
      for (const { labels, value } of values) {
        const key = JSON.stringify([counter, labels])
        const by = value - (reported.get(key) ?? 0)
        if (by === 0) continue
        reported.set(key, value)
        counts.push({ counter, labels, by })
      }
    }
    return counts
  }
}

export function addCounts(metrics: Metrics, counts: readonly Count[]): void {
  for (const { counter, labels, by } of counts) {
    // The labels come from the same counter at the worker.
    const counted = metrics[counter] as { inc(labels: object, by: number): void }
    counted.inc(labels, by)
  }
}
