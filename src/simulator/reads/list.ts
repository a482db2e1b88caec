/** A list: filters, order and page. */
import { ApiError } from '../api-error.js'
import type { CallContext } from '../rows/call-context.js'
import type { Cell, Resource } from '../table/resource.js'
import { testsFor } from './filter.js'
import { severalIdsIn } from './id-lists.js'
import { impliedTests } from './implied-tests.js'
import { rowsOf } from './member.js'
import { cellsOf, extraFields } from './row-cells.js'
import { sortRows } from './sort.js'
import { visibilityOf } from './visibility.js'

export interface ListAnswer {
  /** Absent with the variant `listcount: 'absent'`. */
  readonly listcount: number | undefined
  readonly rows: readonly Cell[]
}

export const defaultLimit = 10

export function listAnswer(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  call: CallContext,
): ListAnswer {
  const parameters = new Map(query)
  const page = takePage(resource, parameters, call)
  const take = (name: string): string | undefined => {
    if (Object.keys(resource.sort).length === 0) return undefined
    const value = parameters.get(name)
    parameters.delete(name)
    return value === '' ? undefined : value
  }
  const order = { field: take('sortfield'), direction: take('sortdir') }
  const tests = [...testsFor(resource, parameters, call), ...impliedTests(resource, query, call)]
  const seen = visibilityOf(resource, call)
  const kept = call.store
    .all(rowsOf(resource))
    .filter((row) => tests.every((test) => test(row)) && seen(row))
  const severalIds = severalIdsIn(resource, parameters)
  const sorted = sortRows(kept, { ...order, severalIds }, { resource, call })
  const shown = sorted.slice(page.offset, page.offset + page.limit)
  const extra = extraFields(resource, query, call)
  return {
    listcount: countOf({ matches: kept.length, page: shown.length }, call),
    rows: shown.map((row) => cellsOf(resource, row, { call, isList: true, extra })),
  }
}

function countOf(
  counts: { readonly matches: number; readonly page: number },
  { settings: { listcount } }: CallContext,
): number | undefined {
  return listcount === 'absent' ? undefined : counts[listcount]
}

/** Takes limit and offset out of the parameters. */
function takePage(
  resource: Resource,
  parameters: Map<string, string>,
  { settings }: CallContext,
): { limit: number; offset: number } {
  if (resource.paged === false) return { limit: Number.POSITIVE_INFINITY, offset: 0 }
  const take = (name: string, otherwise: number): number => {
    const value = parameters.get(name) ?? ''
    parameters.delete(name)
    if (value === '') return otherwise
    if (!/^\d{1,15}$/.test(value)) throw new ApiError(18, `${name} is not valid`)
    return Number(value)
  }
  const given = take('limit', defaultLimit)
  const offset = take('offset', 0)
  const limit = given === 0 && settings.limitZero === 'all' ? Number.POSITIVE_INFINITY : given
  return { limit: Math.min(limit, settings.limitMax ?? Number.POSITIVE_INFINITY), offset }
}
