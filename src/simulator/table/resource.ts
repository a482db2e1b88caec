/** The types in which the data table describes a resource. */
import type { CallContext } from '../rows/call-context.js'
import type { Row } from '../rows/store.js'
import type { ResourceName } from '../rows/resource-names.js'

export type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** The value of a field: text or null, and for a few resources lists and records. */
export type Cell = string | null | readonly Cell[] | { readonly [name: string]: Cell }

/**
 * A field that is computed on each read. A string is a path along foreign keys
 * (`projectid.clientid.name`), so a renamed client shows everywhere at once.
 */
export type Derived = string | ((row: Row, call: CallContext) => Cell)

export const bodyTypes = [
  'int',
  'csv',
  'date',
  'stamp',
  'decimal',
  'hours',
  'bool',
  'str',
  'html',
] as const
/** `csv`: ids separated by commas. `hours`: two decimals at most. `html`: text with elements. */
export type BodyType = (typeof bodyTypes)[number]

export type FilterType = 'id' | 'ids' | 'flag' | 'text' | 'date'

export type Filter =
  | { readonly kind: 'ids'; readonly field: string; readonly single?: true; readonly none?: true }
  | { readonly kind: 'not-ids'; readonly field: string }
  | { readonly kind: 'flag'; readonly field: string }
  | { readonly kind: 'text'; readonly fields: readonly string[] }
  | { readonly kind: 'date'; readonly field: string; readonly is: 'on' | 'from' | 'to' }
  | { readonly kind: 'rule'; readonly type: FilterType; readonly keeps: FilterRule }

/** Given the validated value, returns the test that a row has to pass. */
export type FilterRule = (value: string, call: CallContext) => (row: Row) => boolean

export interface Resource {
  readonly name: ResourceName
  /** Roles that may use a verb, such as `AMR`. An absent verb is not available. */
  readonly verbs: { readonly [V in Verb]?: string }
  /** There are no members, only the list. */
  readonly collectionOnly?: true
  /** False: `limit` and `offset` are not parameters. */
  readonly paged?: false
  readonly filters: Readonly<Record<string, Filter>>
  /** Filters without which there is no list. */
  readonly requiredFilters?: readonly string[]
  /** The sort fields, and the field each sorts by. Empty: the list cannot be sorted. */
  readonly sort: Readonly<Record<string, string>>
  /** Body members that can be written. */
  readonly settable: Readonly<Record<string, BodyType>>
  /** Body members that a POST requires. */
  readonly required: readonly string[]
  /** Members of an answer, in their order. */
  readonly fields: readonly string[]
  /** Fields that only some roles see. */
  readonly fieldRoles?: Readonly<Record<string, string>>
  /** Fields that only a list shows. */
  readonly listOnly?: readonly string[]
  readonly derived: Readonly<Record<string, Derived>>
  /** Rows that the caller sees, among those of the caller's projects. */
  readonly sees?: (call: CallContext) => (row: Row) => boolean
}

export const ids = (field: string): Filter => ({ kind: 'ids', field })
/** Ids, or -1 for rows without one. */
export const idsOrNone = (field: string): Filter => ({ kind: 'ids', field, none: true })
export const id = (field: string): Filter => ({ kind: 'ids', field, single: true })
export const notIds = (field: string): Filter => ({ kind: 'not-ids', field })
export const flag = (field: string): Filter => ({ kind: 'flag', field })
export const text = (...fields: readonly string[]): Filter => ({ kind: 'text', fields })
export const on = (field: string): Filter => ({ kind: 'date', field, is: 'on' })
export const from = (field: string): Filter => ({ kind: 'date', field, is: 'from' })
export const to = (field: string): Filter => ({ kind: 'date', field, is: 'to' })
export const rule = (type: FilterType, keeps: FilterRule): Filter => ({ kind: 'rule', type, keeps })

/** Sort fields with the names of the fields they sort by. */
export function sortable(...fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, field]))
}

/** All roles may read; there are no writes. */
export const readOnly = { GET: 'AMRE' } as const

/** The displayed number: 15 as 00015. */
export const paddedLocalid: Derived = (row) => (row['localidunpadded'] ?? '').padStart(5, '0')

/** Names separated by blanks. */
export function listed(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '))
}
