/** What else changes in the store once a row was created or updated. */
import { noteMilestone, noteTask, type WriteEffect } from './action-notes.js'
import { taskDates, timePlace } from './kept-columns.js'
import { customOne } from './new-row.js'
import { prefillInvoice } from './prefill.js'
import { stampOf, type Scene } from './scene.js'
import type { Row } from './store.js'
import type { ResourceName } from './table/resource-names.js'

const onCreate: Partial<Record<ResourceName, (row: Row, effect: WriteEffect) => void>> = {
  project: (row, { scene }) => joinProject(row, scene),
  invoice: (row, { scene }) => prefillInvoice(row, scene),
  task: (row, effect) => noteTask(row, 'Task created', effect),
  milestone: (row, effect) => noteMilestone(row.id, 'Milestone created', effect),
  person: (row, { scene }) => {
    const value = row['email'] ?? ''
    if (value !== '') {
      const type = { contacttypeid: '1', contactdescriptorid: '1' }
      scene.store.insert('personcontact', { personid: row.id, value, ...type })
    }
    forgetSecrets(row, scene)
  },
}

type OnUpdate = (row: Row, changed: readonly string[], effect: WriteEffect) => void

const onUpdate: Partial<Record<ResourceName, OnUpdate>> = {
  task: (row, changed, effect) => {
    const { store } = effect.scene
    const datemodified = stampOf(effect.scene)
    store.update('task', row, { ...taskDates(row, effect.scene), datemodified })
    if (changed.includes('projectid') || changed.includes('moduleid')) {
      const place = { projectid: row['projectid'] ?? null, moduleid: row['moduleid'] ?? null }
      for (const entry of store.where('time', 'taskid', row.id)) store.update('time', entry, place)
    }
    if (changed.length > 0) noteTask(row, `Changed: ${changed.join(', ')}`, effect)
  },
  milestone: (row, changed, effect) => {
    if (changed.length > 0) noteMilestone(row.id, `Changed: ${changed.join(', ')}`, effect)
  },
  time: (row, changed, { scene }) => {
    const stamp = changed.includes('datemodified') ? {} : { datemodified: stampOf(scene) }
    scene.store.update('time', row, { ...timePlace(row, scene), ...stamp })
  },
  timer: (row, changed, { scene }) => {
    if (changed.includes('lastupdate')) return
    scene.store.update('timer', row, { lastupdate: stampOf(scene) })
  },
  tasknote: (row, _changed, { scene }) => {
    scene.store.update('tasknote', row, { datemodified: stampOf(scene) })
  },
  person: (row, _changed, { scene }) => forgetSecrets(row, scene),
  // A name given later turns a default one into one of the project's own.
  projectmodule: (row, changed, { scene }) => {
    if (!changed.includes('module')) return
    const own = customOne('module', { module: row['module'] ?? '' }, scene)
    scene.store.update('projectmodule', row, own)
  },
}

export function afterCreate(resource: ResourceName, row: Row, effect: WriteEffect): void {
  onCreate[resource]?.(row, effect)
}

/** `before` is a copy of the row from before the update. */
export function afterUpdate(
  resource: ResourceName,
  row: Row,
  { before, ...effect }: WriteEffect & { readonly before: Row },
): void {
  const changed = Object.keys(row).filter((name) => row[name] !== before[name])
  onUpdate[resource]?.(row, changed, effect)
}

/** No answer shows either, and the password is nobody's business. */
function forgetSecrets(row: Row, { store }: Scene): void {
  store.update('person', row, { password: null, email: null })
}

/** People of "all projects", the manager and the caller join; modules and work types are copied. */
function joinProject(row: Row, { store, caller }: Scene): void {
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
