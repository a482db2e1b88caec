/** What the dashboard is told, read from the services when it is wanted. */

import { statusOf } from '../server/admin/status.js'
import type { Services } from '../server/services.js'
import type { Hello, Status, Tick } from './page/frame.js'
import type { Told } from './watchers.js'

/** Slots that are shown one by one. */
const MAX_RELEASES = 400
/** Requests in one tick; who has more reads the last of them only. */
const MAX_NEW_REQUESTS = 200
const MINUTE_MS = 60_000

export function createTold(services: Services): Told {
  const { recorder, deps } = services
  const { history, events } = recorder
  let lastSeq = 0
  let lastVersion = 0

  function now(): Pick<Tick, 'status' | 'releases'> {
    const status: Status = statusOf(services)
    const { releasesInMs } = services.ledger.usage().window
    return { status, releases: releasesInMs.slice(0, MAX_RELEASES).map(Math.round) }
  }

  return {
    hello(): Hello {
      return {
        ...now(),
        minutes: history.buckets('minute'),
        hours: history.buckets('hour'),
        requests: recorder.requests(),
        events: events.all(),
        accounts: services.gateway.accounts,
        keptIn: recorder.keptIn,
        isReplica: deps.shared !== undefined,
      }
    },
    tick({ withTables }): Tick {
      const wallMs = deps.clock.wallMs()
      const requests = recorder.requests(lastSeq).slice(-MAX_NEW_REQUESTS)
      const changed = events.all(lastVersion)
      lastSeq = requests.at(-1)?.seq ?? lastSeq
      lastVersion = events.version()
      return {
        ...now(),
        // The one before too: its last moments came after the last tick.
        minutes: history.buckets('minute', wallMs - 2 * MINUTE_MS),
        hours: withTables ? history.buckets('hour', wallMs - 62 * MINUTE_MS) : [],
        requests,
        events: changed,
      }
    },
  }
}
