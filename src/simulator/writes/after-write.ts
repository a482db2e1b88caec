/** Further changes in the store after a row was created, updated or deleted. */
import { noteMilestone, noteTask, type WriteEffect } from './action-notes.js'
import { taskDates, timePlace } from './dependent-columns.js'
import { customOne } from './new-row.js'
import { prefillInvoice } from './invoice-prefill.js'
import { stampOf, type CallContext } from '../rows/call-context.js'
import type { Row } from '../rows/store.js'
import type { ResourceName } from '../rows/resource-names.js'

const onCreate: Partial<Record<ResourceName, (row: Row, effect: WriteEffect) => void>> = {
  project: (row, { call }) => joinProject(row, call),
  invoice: (row, { call }) => prefillInvoice(row, call),
  task: (row, effect) => noteTask(row, 'Task created', effect),
  milestone: (row, effect) => noteMilestone(row.id, 'Milestone created', effect),
  time: (row, { call }) => noteSums(row['taskid'], call),
  person: (row, { call }) => {
    const value = row['email'] ?? ''
    if (value !== '') {
      const type = { contacttypeid: '1', contactdescriptorid: '1' }
      call.store.insert('personcontact', { personid: row.id, value, ...type })
    }
    forgetSecrets(row, call)
  },
}

export interface UpdateEffect extends WriteEffect {
  /** The row before the update. */
  readonly before: Row
}

type OnUpdate = (row: Row, changed: readonly string[], effect: UpdateEffect) => void

const onUpdate: Partial<Record<ResourceName, OnUpdate>> = {
  task: (row, changed, effect) => {
    const { store } = effect.call
    const datemodified = stampOf(effect.call)
    store.update('task', row, { ...taskDates(row, effect.call), datemodified })
    if (changed.includes('projectid') || changed.includes('moduleid')) {
      const place = { projectid: row['projectid'] ?? null, moduleid: row['moduleid'] ?? null }
      for (const entry of store.where('time', 'taskid', row.id)) store.update('time', entry, place)
    }
    if (changed.length > 0) noteTask(row, `Changed: ${changed.join(', ')}`, effect)
  },
  milestone: (row, changed, effect) => {
    if (changed.length > 0) noteMilestone(row.id, `Changed: ${changed.join(', ')}`, effect)
  },
  time: (row, changed, { call, before }) => {
    const stamp = changed.includes('datemodified') ? {} : { datemodified: stampOf(call) }
    call.store.update('time', row, { ...timePlace(row, call), ...stamp })
    noteSums(row['taskid'], call)
    if (before['taskid'] !== row['taskid']) noteSums(before['taskid'], call)
  },
  timer: (row, changed, { call }) => {
    if (changed.includes('lastupdate')) return
    call.store.update('timer', row, { lastupdate: stampOf(call) })
  },
  tasknote: (row, _changed, { call }) => {
    call.store.update('tasknote', row, { datemodified: stampOf(call) })
  },
  person: (row, _changed, { call }) => forgetSecrets(row, call),
  // A new name turns a default module into a custom module of the project.
  projectmodule: (row, changed, { call }) => {
    if (!changed.includes('module')) return
    const own = customOne('module', { module: row['module'] ?? '' }, call)
    call.store.update('projectmodule', row, own)
  },
}

export function afterCreate(resource: ResourceName, row: Row, effect: WriteEffect): void {
  onCreate[resource]?.(row, effect)
}

export function afterUpdate(resource: ResourceName, row: Row, effect: UpdateEffect): void {
  const changed = Object.keys(row).filter((name) => row[name] !== effect.before[name])
  onUpdate[resource]?.(row, changed, effect)
}

export function afterDelete(resource: ResourceName, row: Row, call: CallContext): void {
  if (resource === 'time') noteSums(row['taskid'], call)
}

/** Variant `sumsModify`: a change of a task's sums of hours is a change of the task. */
function noteSums(taskid: string | null | undefined, call: CallContext): void {
  const task = call.store.get('task', taskid ?? '')
  if (task === undefined || !call.settings.sumsModify) return
  call.store.update('task', task, { datemodified: stampOf(call) })
}

/** No answer shows the password or this email, so the row does not keep them. */
function forgetSecrets(row: Row, { store }: CallContext): void {
  store.update('person', row, { password: null, email: null })
}

/** The team gets the people of "all projects", the manager and the caller; active modules and work types are copied. */
function joinProject(row: Row, { store, caller }: CallContext): void {
  const projectid = row.id
  const everywhere = store.where('person', 'allprojects', 't').map((person) => person.id)
  const managers = (row['managerid'] ?? '').split(',').filter((id) => id !== '')
  for (const personid of new Set([...everywhere, ...managers, caller.id])) {
    store.insert('projectteam', { projectid, personid, securenotes: 'f' })
  }
  for (const { id } of store.where('module', 'active', 't')) {
    store.insert('projectmodule', { projectid, moduleid: id, description: '', active: 't' })
  }
  for (const worktype of store.where('worktype', 'active', 't')) {
    const hourlyrate = worktype['defaulthourlyrate'] ?? null
    const rate = { worktypeid: worktype.id, hourlyrate, esttime: null, active: 't' }
    store.insert('projectworktype', { projectid, ...rate })
  }
}
