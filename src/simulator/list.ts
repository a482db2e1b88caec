/** Answers GET: a list with filters, order and page, or one member. */
import { ApiError } from './api-error.js'
import { testsFor } from './filter.js'
import type { Scene } from './scene.js'
import { sortRows } from './sort.js'
import type { Row } from './store.js'
import { tasknoteFirstDay } from './table/hours.js'
import type { ResourceName } from './table/resource-names.js'
import type { Cell, Resource } from './table/resource.js'
import { cellOf } from './view.js'
import { visibilityOf } from './visibility.js'

export interface ListAnswer {
  readonly listcount: number
  readonly rows: readonly Cell[]
}

export const defaultLimit = 10

/** `me` has no rows of its own: it is the caller's among the people. */
export function rowsOf(resource: Resource): ResourceName {
  return resource.name === 'me' ? 'person' : resource.name
}

export function listAnswer(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  scene: Scene,
): ListAnswer {
  const parameters = new Map(query)
  const page = takePage(resource, parameters, scene)
  const take = (name: string): string | undefined => {
    if (Object.keys(resource.sort).length === 0) return undefined
    const value = parameters.get(name)
    parameters.delete(name)
    return value === '' ? undefined : value
  }
  const order = { field: take('sortfield'), direction: take('sortdir') }
  const tests = [...testsFor(resource, parameters, scene), ...impliedTests(resource, query, scene)]
  const seen = visibilityOf(resource, scene)
  const kept = scene.store
    .all(rowsOf(resource))
    .filter((row) => tests.every((test) => test(row)) && seen(row))
  const sorted = sortRows(kept, order, { resource, scene })
  const shown = sorted.slice(page.offset, page.offset + page.limit)
  const extra = extraFields(resource, query, scene)
  return {
    listcount: kept.length,
    rows: shown.map((row) => cellsOf(resource, row, { scene, isList: true, extra })),
  }
}

/** The row of this id, if the caller can see it; code 14 otherwise. */
export function findRow(resource: Resource, id: string, scene: Scene): Row {
  const row = scene.store.get(rowsOf(resource), id)
  if (row === undefined || !visibilityOf(resource, scene)(row)) {
    throw new ApiError(14, `${resource.name} ${id} could not be found`)
  }
  return row
}

export function memberCells(resource: Resource, row: Row, scene: Scene): Cell {
  return cellsOf(resource, row, { scene, isList: false, extra: undefined })
}

interface CellsOptions {
  readonly scene: Scene
  readonly isList: boolean
  readonly extra: ((row: Row) => Record<string, Cell>) | undefined
}

function cellsOf(resource: Resource, row: Row, { scene, isList, extra }: CellsOptions): Cell {
  const cells: Record<string, Cell> = {}
  for (const field of resource.fields) {
    const readers = resource.fieldRoles?.[field]
    if (readers !== undefined && !readers.includes(scene.role)) continue
    if (!isList && resource.listOnly?.includes(field) === true) continue
    cells[field] = cellOf(resource.name, row, field, scene)
  }
  if (resource.name === 'time' && scene.settings.timeDate === 'us') {
    cells['date'] = (row['date'] ?? '').replace(/^(\d+)-0?(\d+)-0?(\d+)$/, '$2/$3/$1')
  }
  return extra === undefined ? cells : { ...cells, ...extra(row) }
}

/** Takes limit and offset out of the parameters. */
function takePage(
  resource: Resource,
  parameters: Map<string, string>,
  scene: Scene,
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
  const isAll = limit === 0 && scene.settings.limitZero === 'all'
  return { limit: isAll ? Number.POSITIVE_INFINITY : limit, offset }
}

/** What a list leaves out although no parameter says so. */
function impliedTests(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  scene: Scene,
): readonly ((row: Row) => boolean)[] {
  const isOn = (name: string): boolean => /^t(rue)?$/i.test(query.get(name) ?? '')
  if (resource.name === 'timer' && !isOn('gettimerinfo')) {
    const wantsGeneral = isOn('generaltimers')
    return [(row) => (row['taskid'] === null) === wantsGeneral]
  }
  const bounds = ['taskid', 'date', 'datebegin', 'dateend', 'datemodifiedbegin', 'datemodifiedend']
  if (resource.name === 'tasknote' && !bounds.some((name) => query.has(name))) {
    const first = tasknoteFirstDay(scene)
    return [(row) => (row['date'] ?? '') >= first]
  }
  if (resource.name === 'tasknote' && !query.has('taskid')) {
    for (const name of ['date', 'datemodified']) checkWeek(name, query)
  }
  return []
}

/** Task notes of no particular task are listed for 7 days at most. */
function checkWeek(name: string, query: ReadonlyMap<string, string>): void {
  const [begin, end] = [query.get(`${name}begin`), query.get(`${name}end`)].map((day) =>
    Date.parse((day ?? '').slice(0, 10)),
  )
  if (end !== undefined && begin !== undefined && end - begin > 7 * 86_400_000) {
    throw new ApiError(18, `${name}begin and ${name}end are more than 7 days apart`)
  }
}

/** Members that only some parameters bring. */
function extraFields(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  scene: Scene,
): ((row: Row) => Record<string, Cell>) | undefined {
  if (resource.name === 'timer' && /^t(rue)?$/i.test(query.get('gettimerinfo') ?? '')) {
    return (row) => ({
      task: cellOf('timer', row, 'task', scene),
      tasklocalid: cellOf('timer', row, 'tasklocalid', scene),
    })
  }
  const personid = query.get('includetimerid')
  if (resource.name !== 'task' || personid === undefined) return undefined
  return (row) => {
    const timers = scene.store.where('timer', 'taskid', row.id)
    const own = timers.find((timer) => timer['personid'] === personid)
    return { timerid: own?.id ?? null, starttime: own?.['starttime'] ?? null }
  }
}
