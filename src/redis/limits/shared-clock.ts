/** The upstream's time as in day-clock.ts, on Redis' clock: an hour's error of a replica's own is no matter. */

import { DayClock } from '../../limits/ledger/day-clock.js'
import type { Clock } from '../../limits/ledger/types.js'
import type { Mirror } from './ledger-mirror.js'

export type SharedDayClock = Pick<DayClock, 'now' | 'readings' | 'observe' | 'skewMs'>

export function createSharedDayClock(
  mirror: Pick<Mirror, 'isKnown' | 'redisNow'>,
  clock: Clock,
): SharedDayClock {
  let kept: DayClock | undefined
  /** Begun with Redis' first answer: what the replica's own clock says before that is not kept. */
  function current(): DayClock {
    if (kept !== undefined) return kept
    const begun = new DayClock({
      clock: {
        bootId: null,
        monotonicMs: () => clock.monotonicMs(),
        wallMs: () => (mirror.isKnown ? mirror.redisNow(clock.monotonicMs()) : clock.wallMs()),
      },
      restored: undefined,
      onSet: () => {},
    })
    if (mirror.isKnown) kept = begun
    return begun
  }
  return {
    now: () => current().now(),
    readings: () => current().readings(),
    observe: (dateMs, sentMs) => current().observe(dateMs, sentMs),
    skewMs: () => current().skewMs(),
  }
}
