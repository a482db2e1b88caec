/** Sorts the rows of a list: by the sort field, or in the default order. */
import { ApiError } from '../api-error.js'
import type { ListOrder } from '../dialects/variants.js'
import type { CallContext } from '../rows/call-context.js'
import { changeNumberOf, type Row } from '../rows/store.js'
import type { Resource } from '../table/resource.js'
import { textOf } from './field-values.js'
import type { SeveralIds } from './id-lists.js'

export interface SortParameters {
  readonly field: string | undefined
  readonly direction: string | undefined
  readonly severalIds: SeveralIds | undefined
}

export function sortRows(
  rows: readonly Row[],
  { field, direction, severalIds }: SortParameters,
  { resource, call }: { readonly resource: Resource; readonly call: CallContext },
): readonly Row[] {
  const upper = (direction ?? 'ASC').toUpperCase()
  if (upper !== 'ASC' && upper !== 'DESC') throw new ApiError(18, 'sortdir is not valid')
  const sign = upper === 'ASC' ? 1 : -1
  if (field === undefined) {
    const ordered = defaultOrder(rows, severalIds, { resource, call })
    return sign === 1 ? ordered : ordered.toReversed()
  }
  const by = Object.hasOwn(resource.sort, field) ? resource.sort[field] : undefined
  if (by === undefined) throw new ApiError(18, 'sortfield is not valid')
  const keyed = rows.map((row) => ({ row, key: sortKey(textOf(resource.name, row, by, call)) }))
  return keyed.toSorted((a, b) => sign * compare(a.key, b.key)).map(({ row }) => row)
}

function defaultOrder(
  rows: readonly Row[],
  severalIds: SeveralIds | undefined,
  { resource, call }: { readonly resource: Resource; readonly call: CallContext },
): readonly Row[] {
  const { idLists, listOrder, severalIdsOrder } = call.settings
  if (severalIds === undefined) return inOrder(rows, listOrder)
  const { filter, ids } = severalIds
  if (idLists !== 'reordered' || filter.kind !== 'ids') return inOrder(rows, severalIdsOrder)
  const keyed = rows.map((row) => ({
    row,
    key: ids.indexOf(textOf(resource.name, row, filter.field, call) ?? ''),
  }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ row }) => row)
}

function inOrder(rows: readonly Row[], order: ListOrder): readonly Row[] {
  switch (order) {
    case 'id':
      return rows
    case 'newest':
      return rows.toReversed()
    case 'changed':
      return rows.toSorted((a, b) => changeNumberOf(b) - changeNumberOf(a))
    default:
      order satisfies never
      throw new TypeError(`Expected an order of lists, got ${String(order)}`)
  }
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
