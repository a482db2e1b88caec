/** Who asked for what: consumers, resources and paths of the time that is shown, and the queue now. */

import { byId, setText, showFigures } from './dom.js'
import { bytes, duration, number, percent } from '../../report/human-format.js'
import { addDurations, CLASSES, NO_DURATIONS, SAVED } from '../../report/traffic.js'
import type { WayCounts, Durations } from '../../report/traffic.js'
import { sumRows, totalOf } from './model.js'
import type { Model } from './model.js'
import { hoursOf } from './ranges.js'
import type { Range } from './ranges.js'
import { showRows } from './table-rows.js'

const MAX_ROWS = 8
const QUARTER_MS = 15 * 60_000

const savedOf = (ways: WayCounts): string =>
  percent(
    SAVED.reduce((sum, way) => sum + (ways[way] ?? 0), 0),
    totalOf(ways),
  )

const meanOf = ([count, sumMs]: Durations): string => (count === 0 ? '–' : duration(sumMs / count))
const longestOf = ([count, , longestMs]: Durations): string =>
  count === 0 ? '–' : duration(longestMs)

export function showTables(model: Model, range: Range): void {
  const hours = hoursOf(model, range)
  const head = ['Requests', 'Saved']
  for (const name of ['resources', 'paths'] as const) {
    const rows = sumRows(hours.map(({ tables }) => tables?.[name] ?? [])).slice(0, MAX_ROWS)
    showRows(byId(name), [name === 'paths' ? 'Path' : 'Resource', ...head], {
      rows: rows.map(({ name, ways }) => ({
        name,
        ways,
        cells: [number(totalOf(ways)), savedOf(ways)],
      })),
      empty: 'no requests yet',
    })
  }
  showConsumers(model, range)
}

function showConsumers(model: Model, range: Range): void {
  const asked = sumRows(hoursOf(model, range).map(({ tables }) => tables?.consumers ?? []))
  const ways = new Map(asked.map((row) => [row.name, row.ways]))
  const spent = new Map<string, number>()
  const shares = new Map<string, number>()
  for (const { consumer, spentToday, shareOfDay } of model.status.consumers) {
    spent.set(consumer, (spent.get(consumer) ?? 0) + spentToday)
    if (shareOfDay !== null) shares.set(consumer, shareOfDay)
  }
  const names = [...new Set([...spent.keys(), ...ways.keys()])].toSorted(
    (a, b) =>
      (spent.get(b) ?? 0) - (spent.get(a) ?? 0) ||
      totalOf(ways.get(b) ?? {}) - totalOf(ways.get(a) ?? {}),
  )
  const hasShares = shares.size > 0
  showRows(
    byId('consumers'),
    ['Consumer', 'Calls today', ...(hasShares ? ['Share'] : []), 'Requests', 'Saved'],
    {
      rows: names.slice(0, MAX_ROWS).map((name) => ({
        name,
        ways: ways.get(name) ?? {},
        cells: [
          number(spent.get(name) ?? 0),
          ...(hasShares ? [shares.has(name) ? number(shares.get(name) ?? 0) : '–'] : []),
          number(totalOf(ways.get(name) ?? {})),
          savedOf(ways.get(name) ?? {}),
        ],
      })),
      empty: 'nobody has asked yet',
    },
  )
}

export function showQueue(model: Model): void {
  const { waiting, oldestWaitSeconds } = model.status.queue
  const total = CLASSES.reduce((sum, name) => sum + waiting[name], 0)
  const oldest =
    oldestWaitSeconds > 0 ? `, the longest for ${duration(oldestWaitSeconds * 1_000)}` : ''
  setText(byId('queue-now'), total === 0 ? 'nobody waits' : `${number(total)} waiting${oldest}`)
  const lately = [...model.minutes.values()].filter(({ at }) => at >= model.nowMs - QUARTER_MS)
  showRows(byId('queue-classes'), ['Class', 'Waiting', 'Mean', 'Longest'], {
    rows: CLASSES.map((name) => {
      const waits = lately.reduce<Durations>(
        (sum, { waits }) => addDurations(sum, waits[name] ?? NO_DURATIONS),
        NO_DURATIONS,
      )
      return { name, cells: [number(waiting[name]), meanOf(waits), longestOf(waits)] }
    }),
    empty: '',
  })
  showQueuedConsumers(model)
  const { cache, upstream } = model.status
  showFigures(byId('cache-figures'), [
    { name: 'stored answers', value: number(cache.entries) },
    { name: `of ${bytes(cache.maxBytes)}`, value: bytes(cache.bytes) },
    { name: 'fills under way', value: number(cache.flights) },
    {
      name: 'clock of Intervals',
      value: upstream.clockOffsetMs === null ? '–' : signed(upstream.clockOffsetMs),
    },
  ])
}

const signed = (ms: number): string => `${ms < 0 ? '−' : '+'}${duration(Math.abs(ms))}`

function showQueuedConsumers(model: Model): void {
  const now = new Map<string, number>()
  for (const { consumer, waiting } of model.status.consumers) now.set(consumer, waiting)
  const hours = [...model.hours.values()].slice(-2)
  const waits = new Map(
    sumRows(hours.map(({ tables }) => tables?.consumers ?? [])).map((row) => [row.name, row.wait]),
  )
  const names = [...new Set([...now.keys(), ...waits.keys()])]
    .filter((name) => (now.get(name) ?? 0) > 0 || (waits.get(name)?.[0] ?? 0) > 0)
    .toSorted(
      (a, b) =>
        (now.get(b) ?? 0) - (now.get(a) ?? 0) ||
        (waits.get(b)?.[1] ?? 0) - (waits.get(a)?.[1] ?? 0),
    )
  showRows(byId('queue-consumers'), ['Consumer', 'Waiting', 'Mean', 'Longest'], {
    rows: names.slice(0, 5).map((name) => {
      const wait = waits.get(name) ?? NO_DURATIONS
      return { name, cells: [number(now.get(name) ?? 0), meanOf(wait), longestOf(wait)] }
    }),
    empty: 'nobody has waited',
  })
}
