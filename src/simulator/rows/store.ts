/**
 * The rows of one account. A value is plain text or null; answers encode it. The index of a column is
 * built at the first lookup, and again after a change.
 */
import type { ResourceName } from './resource-names.js'

export interface Row {
  id: string
  [field: string]: string | null
}

export type Fields = Record<string, string | null>

export class Store {
  readonly #tables = new Map<ResourceName, Map<string, Row>>()
  readonly #indexes = new Map<ResourceName, Map<string, Map<string, Row[]>>>()
  readonly #lastIds = new Map<ResourceName, number>()
  readonly #fillers = new Map<ResourceName, () => void>()

  /** Defers expensive rows until the resource is first used. */
  fillOnUse(resource: ResourceName, fill: () => void): void {
    this.#fillers.set(resource, fill)
  }

  /** The next id of a resource is one more than this. */
  startIdsAfter(resource: ResourceName, id: number): void {
    this.#lastIds.set(resource, id)
  }

  /** Adds a row, with the next id unless `fields` has one. */
  insert(resource: ResourceName, fields: Fields): Row {
    const table = this.#table(resource)
    const nextId = (this.#lastIds.get(resource) ?? 0) + 1
    const row: Row = { ...fields, id: fields['id'] ?? String(nextId) }
    this.#lastIds.set(resource, Math.max(nextId - 1, Number(row.id)))
    table.set(row.id, row)
    this.#indexes.delete(resource)
    return row
  }

  update(resource: ResourceName, row: Row, fields: Fields): void {
    Object.assign(row, fields)
    this.#indexes.delete(resource)
  }

  remove(resource: ResourceName, id: string): void {
    this.#table(resource).delete(id)
    this.#indexes.delete(resource)
  }

  get(resource: ResourceName, id: string): Row | undefined {
    return this.#table(resource).get(id)
  }

  /** In the order of insertion, which is that of the ids. */
  all(resource: ResourceName): readonly Row[] {
    return [...this.#table(resource).values()]
  }

  count(resource: ResourceName): number {
    return this.#table(resource).size
  }

  /** The rows whose stored column has this value. */
  where(resource: ResourceName, column: string, value: string): readonly Row[] {
    let indexes = this.#indexes.get(resource)
    if (indexes === undefined) this.#indexes.set(resource, (indexes = new Map()))
    let index = indexes.get(column)
    if (index === undefined) indexes.set(column, (index = this.#indexed(resource, column)))
    return index.get(value) ?? []
  }

  #table(resource: ResourceName): Map<string, Row> {
    let table = this.#tables.get(resource)
    if (table === undefined) this.#tables.set(resource, (table = new Map()))
    const fill = this.#fillers.get(resource)
    if (fill !== undefined) {
      this.#fillers.delete(resource)
      fill()
    }
    return table
  }

  #indexed(resource: ResourceName, column: string): Map<string, Row[]> {
    const index = new Map<string, Row[]>()
    for (const row of this.#table(resource).values()) {
      const value = row[column]
      if (value === null || value === undefined) continue
      const rows = index.get(value)
      if (rows === undefined) index.set(value, [row])
      else rows.push(row)
    }
    return index
  }
}

/** The members of a CSV of ids; none for null and blanks. */
export function csvOf(value: string | null | undefined): readonly string[] {
  if (value === null || value === undefined || value === '') return []
  return value.split(',').map((part) => part.trim())
}
