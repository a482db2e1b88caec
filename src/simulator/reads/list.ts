/** Answers a GET: a list with filters, order and page, or one member. */
import { ApiError } from '../api-error.js'
import { testsFor } from './filter.js'
import type { CallContext } from '../rows/call-context.js'
import { sortRows } from './sort.js'
import type { Row } from '../rows/store.js'
import { tasknoteFirstDay } from '../table/hours.js'
import type { ResourceName } from '../rows/resource-names.js'
import type { Cell, Resource } from '../table/resource.js'
import { cellOf } from './cells.js'
import { visibilityOf } from './visibility.js'

export interface ListAnswer {
  readonly listcount: number
  readonly rows: readonly Cell[]
}

export const defaultLimit = 10

/** `me` shows a row of `person`. */
export function rowsOf(resource: Resource): ResourceName {
  return resource.name === 'me' ? 'person' : resource.name
}

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
  const sorted = sortRows(kept, order, { resource, call })
  const shown = sorted.slice(page.offset, page.offset + page.limit)
  const extra = extraFields(resource, query, call)
  return {
    listcount: kept.length,
    rows: shown.map((row) => cellsOf(resource, row, { call, isList: true, extra })),
  }
}

/** The row of this id, if the caller can see it; code 14 otherwise. */
export function findRow(resource: Resource, id: string, call: CallContext): Row {
  const row = call.store.get(rowsOf(resource), id)
  if (row === undefined || !visibilityOf(resource, call)(row)) {
    throw new ApiError(14, `${resource.name} ${id} could not be found`)
  }
  return row
}

export function memberCells(resource: Resource, row: Row, call: CallContext): Cell {
  return cellsOf(resource, row, { call, isList: false, extra: undefined })
}

interface CellsOptions {
  readonly call: CallContext
  readonly isList: boolean
  readonly extra: ((row: Row) => Record<string, Cell>) | undefined
}

function cellsOf(resource: Resource, row: Row, { call, isList, extra }: CellsOptions): Cell {
  const cells: Record<string, Cell> = {}
  for (const field of resource.fields) {
    const readers = resource.fieldRoles?.[field]
    if (readers !== undefined && !readers.includes(call.role)) continue
    if (!isList && resource.listOnly?.includes(field) === true) continue
    cells[field] = cellOf(resource.name, row, field, call)
  }
  if (resource.name === 'time' && call.settings.timeDate === 'us') {
    cells['date'] = (row['date'] ?? '').replace(/^(\d+)-0?(\d+)-0?(\d+)$/, '$2/$3/$1')
  }
  return extra === undefined ? cells : { ...cells, ...extra(row) }
}

/** Takes limit and offset out of the parameters. */
function takePage(
  resource: Resource,
  parameters: Map<string, string>,
  call: CallContext,
): { limit: number; offset: number } {
  if (resource.paged === false) return { limit: Number.POSITIVE_INFINITY, offset: 0 }
  const take = (name: string, otherwise: number): number => {
    const value = parameters.get(name) ?? ''
    parameters.delete(name)
    if (value === '') return otherwise
    if (!/^\d{1,15}$/.test(value)) throw new ApiError(18, `${name} is not valid`)
    return Number(value)
  }
  const limit = take('limit', defaultLimit)
  const offset = take('offset', 0)
  const isAll = limit === 0 && call.settings.limitZero === 'all'
  return { limit: isAll ? Number.POSITIVE_INFINITY : limit, offset }
}

/** Rows that a list leaves out without a parameter. */
function impliedTests(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  call: CallContext,
): readonly ((row: Row) => boolean)[] {
  const isOn = (name: string): boolean => /^t(rue)?$/i.test(query.get(name) ?? '')
  if (resource.name === 'timer' && !isOn('gettimerinfo')) {
    const wantsGeneral = isOn('generaltimers')
    return [(row) => (row['taskid'] === null) === wantsGeneral]
  }
  const bounds = ['taskid', 'date', 'datebegin', 'dateend', 'datemodifiedbegin', 'datemodifiedend']
  if (resource.name === 'tasknote' && !bounds.some((name) => query.has(name))) {
    const first = tasknoteFirstDay(call)
    return [(row) => (row['date'] ?? '') >= first]
  }
  if (resource.name === 'tasknote' && !query.has('taskid')) {
    for (const name of ['date', 'datemodified']) checkWeek(name, query)
  }
  return []
}

/** Without a task, a list of task notes covers 7 days at most. */
function checkWeek(name: string, query: ReadonlyMap<string, string>): void {
  const [begin, end] = [query.get(`${name}begin`), query.get(`${name}end`)].map((day) =>
    Date.parse((day ?? '').slice(0, 10)),
  )
  if (end !== undefined && begin !== undefined && end - begin > 7 * 86_400_000) {
    throw new ApiError(18, `${name}begin and ${name}end are more than 7 days apart`)
  }
}

/** Fields that only some parameters add. */
function extraFields(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  call: CallContext,
): ((row: Row) => Record<string, Cell>) | undefined {
  if (resource.name === 'timer' && /^t(rue)?$/i.test(query.get('gettimerinfo') ?? '')) {
    return (row) => ({
      task: cellOf('timer', row, 'task', call),
      tasklocalid: cellOf('timer', row, 'tasklocalid', call),
    })
  }
  const personid = query.get('includetimerid')
  if (resource.name !== 'task' || personid === undefined) return undefined
  return (row) => {
    const timers = call.store.where('timer', 'taskid', row.id)
    const own = timers.find((timer) => timer['personid'] === personid)
    return { timerid: own?.id ?? null, starttime: own?.['starttime'] ?? null }
  }
}
