/** Turns query parameters into tests of rows. Unknown parameter: code 17. Malformed or missing: code 18. */
import { ApiError } from '../api-error.js'
import type { CallContext } from '../rows/call-context.js'
import { csvOf, type Row } from '../rows/store.js'
import type { Filter, FilterType, Resource } from '../table/resource.js'
import { readFilterValue } from '../table/field-types.js'
import { textOf } from './field-values.js'
import { effectiveIds } from './id-lists.js'

export type RowTest = (row: Row) => boolean

/** One test for each filter; a row has to pass all. */
export function testsFor(
  resource: Resource,
  parameters: ReadonlyMap<string, string>,
  call: CallContext,
): readonly RowTest[] {
  const { idLists, unknownFilters, milestonenoteFilter } = call.settings
  const isOptional = resource.name === 'milestonenote' && !milestonenoteFilter
  for (const name of isOptional ? [] : (resource.requiredFilters ?? [])) {
    if ((parameters.get(name) ?? '') === '') throw new ApiError(18, `${name} is required`)
  }
  const tests: RowTest[] = []
  for (const [name, given] of parameters) {
    const filter = Object.hasOwn(resource.filters, name) ? resource.filters[name] : undefined
    if (filter === undefined) {
      if (unknownFilters === 'ignored') continue
      throw new ApiError(17, name)
    }
    if (given === '') continue
    const type = typeOf(filter)
    const value = readFilterValue(type, given, call.settings)
    if (value === undefined) throw new ApiError(18, `${name} is not valid`)
    const effective = type === 'ids' ? effectiveIds(name, value, idLists) : value
    if (effective !== undefined) tests.push(testFor(filter, effective, { resource, call }))
  }
  return tests
}

/** The type of value that a filter takes. */
export function typeOf(filter: Filter): FilterType {
  switch (filter.kind) {
    case 'ids':
      return filter.single === true ? 'id' : 'ids'
    case 'not-ids':
      return 'ids'
    case 'rule':
      return filter.type
    case 'flag':
    case 'text':
    case 'date':
      return filter.kind
    default:
      filter satisfies never
      throw new TypeError('Unknown kind of filter')
  }
}

interface Where {
  readonly resource: Resource
  readonly call: CallContext
}

function testFor(filter: Filter, value: string, { resource, call }: Where): RowTest {
  const read = readerOf(resource, call)
  switch (filter.kind) {
    case 'ids': {
      const wanted = new Set(csvOf(value))
      const takesNone = filter.none === true && wanted.has('-1')
      return (row) => {
        const own = read(row, filter.field)
        if (own === null || own === '') return takesNone
        return own.includes(',') ? csvOf(own).some((id) => wanted.has(id)) : wanted.has(own)
      }
    }
    case 'not-ids': {
      const unwanted = new Set(csvOf(value))
      return (row) => !unwanted.has(read(row, filter.field) ?? '')
    }
    case 'flag':
      return (row) => (read(row, filter.field) ?? 'f') === value
    case 'text': {
      const needle = value.toLowerCase()
      return (row) =>
        filter.fields.some((field) => (read(row, field) ?? '').toLowerCase().includes(needle))
    }
    case 'date':
      return dateTest(filter.is, value, (row) => read(row, filter.field))
    case 'rule':
      return filter.keeps(value, call)
    default:
      filter satisfies never
      throw new TypeError('Unknown kind of filter')
  }
}

/** A day as a bound includes all its times. */
function dateTest(
  is: 'on' | 'from' | 'to',
  bound: string,
  read: (row: Row) => string | null,
): RowTest {
  return (row) => {
    const own = (read(row) ?? '').slice(0, bound.length)
    if (own === '') return false
    if (is === 'on') return own === bound
    return is === 'from' ? own >= bound : own <= bound
  }
}

function readerOf(
  resource: Resource,
  call: CallContext,
): (row: Row, field: string) => string | null {
  return (row, field) =>
    resource.derived[field] === undefined
      ? (row[field] ?? null)
      : textOf(resource.name, row, field, call)
}
