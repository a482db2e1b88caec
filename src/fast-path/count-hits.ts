/** Hits of one turn are counted together at its end: finding the place of the labels costs more than the sum. */

import type { Metrics } from '../observability/metrics.js'
import { savedBy } from '../observability/saved-calls.js'

export type HitCounters = Pick<Metrics, 'requests' | 'savedCalls'>

export function countHits({ requests, savedCalls }: HitCounters): (status: number) => void {
  let count = 0
  /** Few: the statuses of stored answers, and 304. */
  const byStatus = new Map<number, number>()
  const write = (): void => {
    requests.inc({ outcome: 'hit' }, count)
    for (const [status, hits] of byStatus) {
      const cause = savedBy({ outcome: 'hit', cacheStatus: {}, permit: undefined }, status)
      if (cause !== undefined) savedCalls.inc({ cause }, hits)
    }
    count = 0
    byStatus.clear()
  }
  return (status): void => {
    if (count++ === 0) setImmediate(write)
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
  }
}
