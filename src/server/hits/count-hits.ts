/** Hits of one turn are counted together at its end: finding the place of the labels costs more than the sum. */

import type { Metrics } from '../metrics.js'

export type HitCounters = Pick<Metrics, 'requests' | 'savedCalls'>

export function countHits({ requests, savedCalls }: HitCounters): () => void {
  let count = 0
  const write = (): void => {
    requests.inc({ outcome: 'hit' }, count)
    savedCalls.inc({ cause: 'hit' }, count)
    count = 0
  }
  return (): void => {
    if (count++ === 0) setImmediate(write)
  }
}
