/** Counts of one minute or one hour, while they can still change. Pure, and bounded. */

import { OTHERS } from '../../limits/index.js'
import type { RequestGroup } from '../../observability/request-buffer.js'
import { addDurations, NO_DURATIONS } from '../../report/traffic.js'
import type { Class, Durations, Way, WayCounts } from '../../report/traffic.js'
import type { Bucket, Row, Tables } from '../page/frame.js'

/** Names that a table counts during the hour, and rows that are kept afterwards. */
export const MAX_NAMES = 200
export const MAX_ROWS = 40
/** Accounts whose day is drawn. */
export const MAX_ACCOUNTS = 20

interface OpenRow {
  readonly ways: Map<Way, number>
  wait: Durations
}

type OpenTable = Map<string, OpenRow>

export interface Sample {
  readonly waiting: number
  readonly held: number
  readonly days: readonly {
    readonly account: string
    readonly used: number
    readonly max: number
  }[]
}

export class Tally {
  readonly at: number
  readonly #ways: Map<Way, number>
  readonly #waits: Map<Class, Durations>
  readonly #days: Map<string, readonly [number, number]>
  readonly #tables: Readonly<Record<keyof Tables, OpenTable>> | undefined
  #calls: number
  #upstream: Durations
  #waiting: number
  #held: number

  constructor(at: number, options: { readonly hasTables: boolean; readonly before?: Bucket }) {
    const { hasTables, before } = options
    this.at = at
    this.#ways = mapOf(before?.ways ?? {})
    this.#waits = mapOf(before?.waits ?? {})
    this.#days = mapOf(before?.days ?? {})
    this.#calls = before?.calls ?? 0
    this.#upstream = before?.upstream ?? NO_DURATIONS
    this.#waiting = before?.waiting ?? 0
    this.#held = before?.held ?? 0
    this.#tables = hasTables
      ? {
          resources: tableOf(before?.tables?.resources),
          consumers: tableOf(before?.tables?.consumers),
          paths: tableOf(before?.tables?.paths),
        }
      : undefined
  }

  add(group: RequestGroup): void {
    const { way, priority, count, wait, upstream } = group
    this.#ways.set(way, (this.#ways.get(way) ?? 0) + count)
    if (wait[0] > 0) {
      this.#waits.set(priority, addDurations(this.#waits.get(priority) ?? NO_DURATIONS, wait))
    }
    this.#upstream = addDurations(this.#upstream, upstream)
    if (this.#tables === undefined) return
    addRow(this.#tables.resources, group.resource, group)
    addRow(this.#tables.consumers, group.client, group)
    addRow(this.#tables.paths, group.path, group)
  }

  called(change: number): void {
    this.#calls = Math.max(0, this.#calls + change)
  }

  /** False: nothing has changed. */
  sampled({ waiting, held, days }: Sample): boolean {
    let isNew = waiting > this.#waiting || held > this.#held
    this.#waiting = Math.max(this.#waiting, waiting)
    this.#held = Math.max(this.#held, held)
    for (const { account, used, max } of days.slice(0, MAX_ACCOUNTS)) {
      const before = this.#days.get(account)
      if (before?.[0] === used && before[1] === max) continue
      this.#days.set(account, [used, max])
      isNew = true
    }
    return isNew
  }

  sums(): Pick<Bucket, 'ways' | 'calls'> {
    return { ways: Object.fromEntries(this.#ways), calls: this.#calls }
  }

  bucket(): Bucket {
    const tables = this.#tables
    return {
      at: this.at,
      ...this.sums(),
      waits: Object.fromEntries(this.#waits),
      upstream: this.#upstream,
      waiting: this.#waiting,
      held: this.#held,
      days: Object.fromEntries(this.#days),
      ...(tables !== undefined && {
        tables: {
          resources: rowsOf(tables.resources),
          consumers: rowsOf(tables.consumers),
          paths: rowsOf(tables.paths),
        },
      }),
    }
  }
}

const mapOf = <K extends string, V>(record: Readonly<Partial<Record<K, V>>>): Map<K, V> =>
  new Map(Object.entries(record) as [K, V][])

const tableOf = (rows: readonly Row[] = []): OpenTable =>
  new Map(rows.map(({ name, ways, wait }) => [name, { ways: mapOf(ways), wait }]))

function addRow(table: OpenTable, asked: string, { way, count, wait }: RequestGroup): void {
  const name = table.has(asked) || table.size < MAX_NAMES ? asked : OTHERS
  const row = table.get(name) ?? { ways: new Map<Way, number>(), wait: NO_DURATIONS }
  table.set(name, row)
  row.ways.set(way, (row.ways.get(way) ?? 0) + count)
  row.wait = addDurations(row.wait, wait)
}

const sumOf = (ways: ReadonlyMap<Way, number>): number =>
  [...ways.values()].reduce((sum, one) => sum + one, 0)

/** The rows with the most requests; all others are one row. */
function rowsOf(table: OpenTable): readonly Row[] {
  const sorted = [...table].toSorted(([, a], [, b]) => sumOf(b.ways) - sumOf(a.ways))
  const named = sorted.filter(([name]) => name !== OTHERS)
  const rest: [string, OpenRow][] = [
    ...named.slice(MAX_ROWS),
    ...sorted.filter(([name]) => name === OTHERS),
  ]
  const rows = named.slice(0, MAX_ROWS).map(([name, { ways, wait }]) => ({
    name,
    ways: Object.fromEntries(ways),
    wait,
  }))
  return rest.length === 0 ? rows : [...rows, { name: OTHERS, ...together(rest) }]
}

function together(rows: readonly (readonly [string, OpenRow])[]): {
  ways: WayCounts
  wait: Durations
} {
  const ways = new Map<Way, number>()
  let wait = NO_DURATIONS
  for (const [, row] of rows) {
    for (const [way, count] of row.ways) ways.set(way, (ways.get(way) ?? 0) + count)
    wait = addDurations(wait, row.wait)
  }
  return { ways: Object.fromEntries(ways), wait }
}
