/** The words in which the data table describes a resource. */
import type { Scene } from '../scene.js'
import type { Row } from '../store.js'
import type { ResourceName } from './resource-names.js'

export type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What a cell may hold: texts, nulls, and for a few resources lists and records of them. */
export type Cell = string | null | readonly Cell[] | { readonly [name: string]: Cell }

/**
 * A field that is not stored but worked out when it is read. A string is a path along foreign keys
 * (`projectid.clientid.name`), so that a renamed client shows everywhere at once.
 */
export type Derived = string | ((row: Row, scene: Scene) => Cell)

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

/** A rule of its own: given the checked value, says which rows stay. */
export type FilterRule = (value: string, scene: Scene) => (row: Row) => boolean

export interface Resource {
  readonly name: ResourceName
  /** Roles that may use a verb, such as `AMR`. A verb that is absent does not exist. */
  readonly verbs: { readonly [V in Verb]?: string }
  /** Members cannot be asked for by id. */
  readonly collectionOnly?: true
  /** limit and offset are parameters. Default true. */
  readonly paged?: false
  readonly filters: Readonly<Record<string, Filter>>
  /** Filters without which there is no list. */
  readonly requiredFilters?: readonly string[]
  /** Name of a sort field, and the field it sorts by. Empty: the list cannot be sorted. */
  readonly sort: Readonly<Record<string, string>>
  /** Body members that can be written. */
  readonly settable: Readonly<Record<string, BodyType>>
  /** Body members that a creation needs. */
  readonly required: readonly string[]
  /** Members of an answer, in their order. */
  readonly fields: readonly string[]
  /** Of those, what only some roles see. */
  readonly fieldRoles?: Readonly<Record<string, string>>
  /** Of those, what only a list shows. */
  readonly listOnly?: readonly string[]
  readonly derived: Readonly<Record<string, Derived>>
  /** Which rows this caller can see, beyond the projects he is on. */
  readonly sees?: (scene: Scene) => (row: Row) => boolean
}

export const ids = (field: string): Filter => ({ kind: 'ids', field })
/** Ids, or -1 for the rows without any. */
export const idsOrNone = (field: string): Filter => ({ kind: 'ids', field, none: true })
export const id = (field: string): Filter => ({ kind: 'ids', field, single: true })
export const notIds = (field: string): Filter => ({ kind: 'not-ids', field })
export const flag = (field: string): Filter => ({ kind: 'flag', field })
export const text = (...fields: readonly string[]): Filter => ({ kind: 'text', fields })
export const on = (field: string): Filter => ({ kind: 'date', field, is: 'on' })
export const from = (field: string): Filter => ({ kind: 'date', field, is: 'from' })
export const to = (field: string): Filter => ({ kind: 'date', field, is: 'to' })
export const rule = (type: FilterType, keeps: FilterRule): Filter => ({ kind: 'rule', type, keeps })

/** Sort fields that are called as the fields they sort by. */
export function sortable(...fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, field]))
}

/** All roles may read, nobody may write. */
export const readOnly = { GET: 'AMRE' } as const

/** The number a person sees: 15 as 00015. */
export const paddedLocalid: Derived = (row) => (row['localidunpadded'] ?? '').padStart(5, '0')

/** Names that are separated by blanks. */
export function listed(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '))
}
