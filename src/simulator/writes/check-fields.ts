/** Checks a body against the table. Unknown members: code 17. Wrong values: code 18. */
import { ApiError } from '../api-error.js'
import type { CallContext } from '../rows/call-context.js'
import { csvOf, type Fields, type Row } from '../rows/store.js'
import { references } from '../table/references.js'
import type { ResourceName } from '../rows/resource-names.js'
import type { Resource } from '../table/resource.js'
import { readBodyValue } from '../table/field-types.js'

export interface CheckOptions {
  readonly call: CallContext
  /** The row to be changed; absent for a new one. */
  readonly row?: Row
}

export function checkFields(resource: Resource, body: Fields, options: CheckOptions): Fields {
  const fields: Fields = {}
  const isTaskTime = resource.name === 'time' && (body['taskid'] ?? '') !== ''
  for (const [name, given] of Object.entries(body)) {
    // The id selected the row; it is not a field to write.
    if (name === 'id') continue
    // Documented: with a task, the project and the module of a time entry are ignored.
    if (isTaskTime && (name === 'projectid' || name === 'moduleid')) continue
    const type = Object.hasOwn(resource.settable, name) ? resource.settable[name] : undefined
    if (type === undefined) throw new ApiError(17, name)
    const value = readBodyValue(type, given, options.call.settings)
    if (value === undefined) throw new ApiError(18, `${name} is not valid`)
    fields[name] = value
    const target = references[name]
    if (target === undefined) continue
    for (const id of csvOf(value)) {
      if (options.call.store.get(target, id) === undefined) {
        throw new ApiError(18, `${name} ${id} could not be found`)
      }
    }
  }
  rules[resource.name]?.(fields, options)
  return fields
}

type Rule = (fields: Fields, options: CheckOptions) => void

/** Documented rules beyond types and references. */
const rules: Partial<Record<ResourceName, Rule>> = {
  time: (fields, { call, row }) => checkTime({ ...row, ...fields }, call),
  task: checkTaskOwner,
  invoice: (fields) => {
    if (fields['termid'] === '6' && (fields['termotherdatedue'] ?? null) === null) {
      throw new ApiError(18, 'termotherdatedue is required')
    }
  },
  projectmodule: keepsProject,
  projectworktype: keepsProject,
  personcontact: (fields, { call, row }) => {
    if (call.role === 'A') return
    const people = [row?.['personid'], fields['personid']].filter((id) => id !== undefined)
    if (people.some((id) => id !== call.caller.id)) throw new ApiError(10)
  },
}

function keepsProject(fields: Fields, { row }: CheckOptions): void {
  const projectid = fields['projectid']
  if (row !== undefined && projectid !== undefined && projectid !== row['projectid']) {
    throw new ApiError(18, 'projectid cannot be changed')
  }
}

/** Task time, or general time with project and module; person and work type are the project's. */
function checkTime(merged: Fields, { store }: CallContext): void {
  const task = store.get('task', merged['taskid'] ?? '')
  const projectid = task?.['projectid'] ?? merged['projectid'] ?? ''
  if (task === undefined && (projectid === '' || (merged['moduleid'] ?? '') === '')) {
    throw new ApiError(18, 'taskid, or projectid and moduleid, is required')
  }
  const rates = store.where('projectworktype', 'projectid', projectid)
  if (!rates.some((rate) => rate['worktypeid'] === merged['worktypeid'])) {
    throw new ApiError(18, 'worktypeid is not associated with the project')
  }
  const team = store.where('projectteam', 'projectid', projectid)
  if (!team.some((member) => member['personid'] === merged['personid'])) {
    throw new ApiError(18, 'personid is not associated with the project')
  }
}

/** Resource users own what they create and never change an owner. */
function checkTaskOwner(fields: Fields, { call, row }: CheckOptions): void {
  const owner = fields['ownerid']
  if (call.role !== 'R' || owner === undefined) return
  if (owner !== (row === undefined ? call.caller.id : row['ownerid'])) {
    throw new ApiError(18, 'ownerid cannot be set to someone else')
  }
}
