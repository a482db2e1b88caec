/**
 * The rows of one account. A value is plain text or null; answers encode it. Rows never change: an
 * update replaces the row, so a copy of the store costs little and keeps its state.
 */
import { resourceNames, type ResourceName } from './resource-names.js'

export interface Row {
  readonly id: string
  readonly [field: string]: string | null
}

export type Fields = Record<string, string | null>

/** Shared by copies of a store until one of them changes it. */
interface Table {
  readonly rows: Map<string, Row>
  lastId: number
  /** Built at the first lookup by a column; a change drops all indexes of its table. */
  readonly indexes: Map<string, Map<string, Row[]>>
  /** Creates the rows at the first use. */
  fill: (() => Iterable<Fields>) | undefined
}

/** The position of each row in the order of all changes, for lists in that order. */
const changeNumbers = new WeakMap<Row, number>()
let lastChangeNumber = 0

export function changeNumberOf(row: Row): number {
  return changeNumbers.get(row) ?? 0
}

export class Store {
  readonly #tables: Map<ResourceName, Table>
  /** Tables that no copy shares. */
  readonly #owned: Set<ResourceName>

  constructor(tables?: Map<ResourceName, Table>) {
    this.#tables = tables ?? new Map(resourceNames.map((name) => [name, emptyTable()]))
    this.#owned = new Set(tables === undefined ? resourceNames : [])
  }

  /** A store with the same rows; changes of either do not affect the other. */
  copy(): Store {
    this.#owned.clear()
    return new Store(new Map(this.#tables))
  }

  /** Defers expensive rows until the resource is first used. */
  fillOnUse(resource: ResourceName, fill: () => Iterable<Fields>): void {
    this.#changed(resource).fill = fill
  }

  /** The next id of a resource is one more than this. */
  startIdsAfter(resource: ResourceName, id: number): void {
    this.#changed(resource).lastId = id
  }

  /** Adds a row, with the next id unless `fields` has one. */
  insert(resource: ResourceName, fields: Fields): Row {
    return insertInto(this.#changed(resource), fields)
  }

  /** Returns the new row. Throws TypeError if there is no row with this id. */
  update(resource: ResourceName, { id }: Pick<Row, 'id'>, fields: Fields): Row {
    const { rows } = this.#changed(resource)
    const before = rows.get(id)
    if (before === undefined) throw new TypeError(`Expected a ${resource} row, got ${id}`)
    const row = numbered({ ...before, ...fields, id })
    rows.set(id, row)
    return row
  }

  remove(resource: ResourceName, id: string): void {
    this.#changed(resource).rows.delete(id)
  }

  get(resource: ResourceName, id: string): Row | undefined {
    return this.#table(resource).rows.get(id)
  }

  /** In the order of insertion, which is the order of the ids. */
  all(resource: ResourceName): readonly Row[] {
    return [...this.#table(resource).rows.values()]
  }

  count(resource: ResourceName): number {
    return this.#table(resource).rows.size
  }

  /** The rows whose stored column has this value. */
  where(resource: ResourceName, column: string, value: string): readonly Row[] {
    const { rows, indexes } = this.#table(resource)
    let index = indexes.get(column)
    if (index === undefined) indexes.set(column, (index = indexOf(rows.values(), column)))
    return index.get(value) ?? []
  }

  #table(resource: ResourceName): Table {
    const table = this.#tables.get(resource)
    if (table === undefined) throw new TypeError(`Expected a resource, got ${resource}`)
    const { fill } = table
    if (fill !== undefined) {
      table.fill = undefined
      for (const fields of fill()) insertInto(table, fields)
    }
    return table
  }

  /** The table for a change: copied first if it is shared, and without indexes. */
  #changed(resource: ResourceName): Table {
    const table = this.#table(resource)
    if (this.#owned.has(resource)) {
      table.indexes.clear()
      return table
    }
    const copy = { ...table, rows: new Map(table.rows), indexes: new Map() }
    this.#owned.add(resource)
    this.#tables.set(resource, copy)
    return copy
  }
}

function emptyTable(): Table {
  return { rows: new Map(), lastId: 0, indexes: new Map(), fill: undefined }
}

function insertInto(table: Table, fields: Fields): Row {
  const id = fields['id'] ?? String(table.lastId + 1)
  table.lastId = Math.max(table.lastId, Number(id))
  const row = numbered({ ...fields, id })
  table.rows.set(id, row)
  return row
}

function numbered(row: Row): Row {
  lastChangeNumber += 1
  changeNumbers.set(row, lastChangeNumber)
  return row
}

function indexOf(rows: Iterable<Row>, column: string): Map<string, Row[]> {
  const index = new Map<string, Row[]>()
  for (const row of rows) {
    const value = row[column]
    if (value === null || value === undefined) continue
    const same = index.get(value)
    if (same === undefined) index.set(value, [row])
    else same.push(row)
  }
  return index
}

/** The members of a CSV of ids; none for null and blanks. */
export function csvOf(value: string | null | undefined): readonly string[] {
  if (value === null || value === undefined || value === '') return []
  return value.split(',').map((part) => part.trim())
}
