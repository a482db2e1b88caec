/** The data that the dashboard gets: everything once, then the changes once a second. */

import type { Hello, Tick } from './page/frame.js'
import type { CorePorts } from '../server/ports/features.js'
import type { Recorder } from './recorder.js'
import type { Feed } from './watchers.js'

/** Slots that are shown one by one. */
const MAX_RELEASES = 400
/** Requests in one tick; a proxy that answers more shows the last of them. */
const MAX_NEW_REQUESTS = 200
const MINUTE_MS = 60_000

export function createDashboardFeed(
  recorder: Recorder,
  core: Pick<CorePorts, 'status' | 'ledger' | 'clock' | 'accounts' | 'isReplica'>,
): Feed {
  const { history, events } = recorder
  let lastSeq = 0
  let lastVersion = 0

  function now(): Pick<Tick, 'status' | 'releases'> {
    const { releasesInMs } = core.ledger.usage().window
    const releases = releasesInMs.slice(0, MAX_RELEASES).map(Math.round)
    return { status: core.status(), releases }
  }

  return {
    hello(): Hello {
      recorder.collect()
      return {
        ...now(),
        minutes: history.buckets('minute'),
        hours: history.buckets('hour'),
        requests: recorder.requests(),
        events: events.all(),
        accounts: core.accounts(),
        keptIn: recorder.keptIn,
        isReplica: core.isReplica,
      }
    },
    tick({ withTables }): Tick {
      recorder.collect()
      const wallMs = core.clock.wallMs()
      const requests = recorder.requests(lastSeq).slice(-MAX_NEW_REQUESTS)
      const changed = events.all(lastVersion)
      lastSeq = requests.at(-1)?.seq ?? lastSeq
      lastVersion = events.version()
      return {
        ...now(),
        // The minute before too: its last moments came after the last tick.
        minutes: history.buckets('minute', wallMs - 2 * MINUTE_MS),
        hours: withTables ? history.buckets('hour', wallMs - 62 * MINUTE_MS) : [],
        requests,
        events: changed,
      }
    },
  }
}
