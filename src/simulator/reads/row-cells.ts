/** The fields of a row in an answer: by role, by list or member, and by variant. */
import type { CallContext } from '../rows/call-context.js'
import type { Row } from '../rows/store.js'
import { readFlag } from '../table/field-types.js'
import type { Cell, Resource } from '../table/resource.js'
import { cellOf } from './field-values.js'

export type ExtraFields = (row: Row) => Record<string, Cell>

export interface CellsOptions {
  readonly call: CallContext
  readonly isList: boolean
  /** Fields that only some parameters add. */
  readonly extra?: ExtraFields | undefined
}

export function cellsOf(resource: Resource, row: Row, options: CellsOptions): Cell {
  const { call, isList, extra } = options
  const { settings } = call
  const cells: Record<string, Cell> = {}
  for (const field of fieldsOf(resource, options)) {
    const cell = cellOf(resource.name, row, field, call)
    if (settings.omitEmpty && (cell === null || cell === '')) continue
    cells[field] = isList ? shortened(resource, field, { cell, max: settings.listTextMax }) : cell
  }
  if (resource.name === 'time' && settings.timeDate === 'us') {
    cells['date'] = (row['date'] ?? '').replace(/^(\d+)-0?(\d+)-0?(\d+)$/, '$2/$3/$1')
  }
  return extra === undefined ? cells : { ...cells, ...extra(row) }
}

function fieldsOf(resource: Resource, { call, isList }: CellsOptions): readonly string[] {
  const { listFields } = call.settings
  return resource.fields.filter((field) => {
    const readers = resource.fieldRoles?.[field]
    if (readers !== undefined && !readers.includes(call.role)) return false
    if (isList) return listFields !== 'fewer' || !isLongText(resource, field)
    if (resource.listOnly?.includes(field) === true) return false
    // A path leads to a related row.
    return listFields !== 'more' || typeof resource.derived[field] !== 'string'
  })
}

const longTexts: ReadonlySet<string> = new Set(['address', 'description', 'note', 'notes'])

function isLongText(resource: Resource, field: string): boolean {
  return resource.settable[field] === 'html' || longTexts.has(field)
}

function shortened(
  { settable }: Resource,
  field: string,
  { cell, max }: { readonly cell: Cell; readonly max: number | undefined },
): Cell {
  const isText = settable[field] === 'str' || settable[field] === 'html'
  return isText && typeof cell === 'string' && max !== undefined ? cell.slice(0, max) : cell
}

/** The fields that the parameters of a list add to each row. */
export function extraFields(
  resource: Resource,
  query: ReadonlyMap<string, string>,
  call: CallContext,
): ExtraFields | undefined {
  const getTimerInfo = readFlag(query.get('gettimerinfo') ?? '', call.settings)
  if (resource.name === 'timer' && getTimerInfo === 't') {
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
