/** What the page knows: everything from hello, completed by each tick. Bounded like what it comes from. */

import { addDurations, WAYS } from '../../report/traffic.js'
import type { WayCounts } from '../../report/traffic.js'
import type { Bucket, Hello, LoggedEvent, RecentRequest, Row, Tick } from './frame.js'

const MAX_REQUESTS = 500
const MAX_EVENTS = 500
const MAX_BUCKETS = { minutes: 1_700, hours: 900 } as const

export interface Model extends Omit<Hello, 'requests' | 'events' | 'minutes' | 'hours'> {
  readonly minutes: ReadonlyMap<number, Bucket>
  readonly hours: ReadonlyMap<number, Bucket>
  /** Newest first. */
  readonly requests: readonly RecentRequest[]
  readonly events: readonly LoggedEvent[]
  /** The proxy's clock, epoch milliseconds. */
  readonly nowMs: number
}

export function begin(hello: Hello): Model {
  return {
    ...hello,
    nowMs: Date.parse(hello.status.now),
    minutes: merged(new Map(), hello.minutes, MAX_BUCKETS.minutes),
    hours: merged(new Map(), hello.hours, MAX_BUCKETS.hours),
    requests: hello.requests.toReversed(),
    events: hello.events.toReversed(),
  }
}

export function advance(model: Model, tick: Tick): Model {
  const newest = model.requests[0]?.seq ?? 0
  const requests = tick.requests.filter(({ seq }) => seq > newest).toReversed()
  const changed = new Map(tick.events.map((event) => [event.id, event]))
  const events = model.events.filter(({ id }) => !changed.has(id))
  return {
    ...model,
    status: tick.status,
    releases: tick.releases,
    nowMs: Date.parse(tick.status.now),
    minutes: merged(model.minutes, tick.minutes, MAX_BUCKETS.minutes),
    hours: merged(model.hours, tick.hours, MAX_BUCKETS.hours),
    requests: [...requests, ...model.requests].slice(0, MAX_REQUESTS),
    events: [...changed.values(), ...events].toSorted((a, b) => b.id - a.id).slice(0, MAX_EVENTS),
  }
}

function merged(
  before: ReadonlyMap<number, Bucket>,
  changed: readonly Bucket[],
  max: number,
): ReadonlyMap<number, Bucket> {
  const all = new Map(before)
  for (const bucket of changed) all.set(bucket.at, bucket)
  for (const at of all.keys()) {
    if (all.size <= max) break
    all.delete(at)
  }
  return all
}

export const totalOf = (ways: WayCounts): number =>
  WAYS.reduce((sum, way) => sum + (ways[way] ?? 0), 0)

export const addCounts = (a: WayCounts, b: WayCounts): WayCounts =>
  Object.fromEntries(WAYS.map((way) => [way, (a[way] ?? 0) + (b[way] ?? 0)]))

/** Rows of several hours under one name each, those with the most requests first. */
export function sumRows(lists: readonly (readonly Row[])[]): readonly Row[] {
  const rows = new Map<string, Row>()
  for (const row of lists.flat()) {
    const before = rows.get(row.name)
    rows.set(
      row.name,
      before === undefined
        ? row
        : {
            name: row.name,
            ways: addCounts(before.ways, row.ways),
            wait: addDurations(before.wait, row.wait),
          },
    )
  }
  return [...rows.values()].toSorted((a, b) => totalOf(b.ways) - totalOf(a.ways))
}
