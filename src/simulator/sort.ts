/** Orders the rows of a list. Without a sort field: in the order of the ids. */
import { ApiError } from './api-error.js'
import type { Scene } from './scene.js'
import type { Row } from './store.js'
import type { Resource } from './table/resource.js'
import { textOf } from './view.js'

export interface SortParameters {
  readonly field: string | undefined
  readonly direction: string | undefined
}

export function sortRows(
  rows: readonly Row[],
  { field, direction }: SortParameters,
  { resource, scene }: { readonly resource: Resource; readonly scene: Scene },
): readonly Row[] {
  const upper = (direction ?? 'ASC').toUpperCase()
  if (upper !== 'ASC' && upper !== 'DESC') throw new ApiError(18, 'sortdir is not valid')
  if (field === undefined) return upper === 'ASC' ? rows : rows.toReversed()
  const by = Object.hasOwn(resource.sort, field) ? resource.sort[field] : undefined
  if (by === undefined) throw new ApiError(18, 'sortfield is not valid')
  const keyed = rows.map((row) => ({ row, key: sortKey(textOf(resource.name, row, by, scene)) }))
  const sign = upper === 'ASC' ? 1 : -1
  return keyed.toSorted((a, b) => sign * compare(a.key, b.key)).map(({ row }) => row)
}

type SortKey = number | string | null

function sortKey(text: string | null): SortKey {
  if (text === null || text === '') return null
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text.toLowerCase()
}

/** Nothing comes last, as PostgreSQL orders nulls; equal keys keep the order of the ids. */
function compare(a: SortKey, b: SortKey): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : 1
}
