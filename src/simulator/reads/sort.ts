/** Sorts the rows of a list; without a sort field by id. */
import { ApiError } from '../api-error.js'
import type { CallContext } from '../rows/call-context.js'
import type { Row } from '../rows/store.js'
import type { Resource } from '../table/resource.js'
import { textOf } from './cells.js'

export interface SortParameters {
  readonly field: string | undefined
  readonly direction: string | undefined
}

export function sortRows(
  rows: readonly Row[],
  { field, direction }: SortParameters,
  { resource, call }: { readonly resource: Resource; readonly call: CallContext },
): readonly Row[] {
  const upper = (direction ?? 'ASC').toUpperCase()
  if (upper !== 'ASC' && upper !== 'DESC') throw new ApiError(18, 'sortdir is not valid')
  if (field === undefined) return upper === 'ASC' ? rows : rows.toReversed()
  const by = Object.hasOwn(resource.sort, field) ? resource.sort[field] : undefined
  if (by === undefined) throw new ApiError(18, 'sortfield is not valid')
  const keyed = rows.map((row) => ({ row, key: sortKey(textOf(resource.name, row, by, call)) }))
  const sign = upper === 'ASC' ? 1 : -1
  return keyed.toSorted((a, b) => sign * compare(a.key, b.key)).map(({ row }) => row)
}

type SortKey = number | string | null

function sortKey(text: string | null): SortKey {
  if (text === null || text === '') return null
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text.toLowerCase()
}

/** Nulls come last, as in PostgreSQL; rows with equal keys stay in the order of their ids. */
function compare(a: SortKey, b: SortKey): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : 1
}
