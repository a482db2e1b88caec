/** Reads a field of a row as the API shows it: stored or computed. */
import type { CallContext } from '../rows/call-context.js'
import { csvOf, type Row } from '../rows/store.js'
import type { ResourceName } from '../rows/resource-names.js'
import type { Cell } from '../table/resource.js'
import { references } from '../table/references.js'
import { table } from '../table/table.js'

export function cellOf(resource: ResourceName, row: Row, field: string, call: CallContext): Cell {
  const derived = table[resource].derived[field]
  if (derived === undefined) return row[field] ?? null
  return typeof derived === 'string' ? follow(resource, row, derived, call) : derived(row, call)
}

/** The same as text, for comparisons. */
export function textOf(
  resource: ResourceName,
  row: Row,
  field: string,
  call: CallContext,
): string | null {
  const cell = cellOf(resource, row, field, call)
  return typeof cell === 'string' ? cell : null
}

interface Path {
  /** The column with the id of the next row. Empty: the path ends in this row. */
  readonly key: string
  readonly target: ResourceName | undefined
  readonly rest: string
}

/** Parsed paths; bounded by the number of paths in the table. */
const paths = new Map<string, Path>()

function pathOf(path: string): Path {
  const known = paths.get(path)
  if (known !== undefined) return known
  const dot = path.indexOf('.')
  const key = dot < 0 ? '' : path.slice(0, dot)
  const target = references[key]
  if (dot >= 0 && target === undefined) throw new TypeError(`No foreign key is called ${key}`)
  const parsed = { key, target, rest: path.slice(dot + 1) }
  paths.set(path, parsed)
  return parsed
}

/** `projectid.client`: the client of the project that the row's projectid names. */
function follow(resource: ResourceName, row: Row, path: string, call: CallContext): Cell {
  const { key, target, rest } = pathOf(path)
  if (target === undefined) return row[path] ?? null
  const value = textOf(resource, row, key, call)
  if (value === null || value === '') return null
  if (!value.includes(',')) return cellAt(target, value, rest, call)
  const cells = csvOf(value).map((id) => cellAt(target, id, rest, call))
  return cells.filter((cell) => typeof cell === 'string').join(',')
}

function cellAt(target: ResourceName, id: string, path: string, call: CallContext): Cell {
  const row = call.store.get(target, id)
  if (row === undefined) return null
  return path.includes('.') ? follow(target, row, path, call) : cellOf(target, row, path, call)
}
