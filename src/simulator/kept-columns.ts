/** Columns that follow from others of the same row, after each write. */
import { todayOf, type Scene } from './scene.js'
import type { Fields } from './store.js'

/** A closed task has a date of closing, an open one has none. */
export function taskDates(fields: Fields, scene: Scene): Fields {
  const status = scene.store.get('taskstatus', fields['statusid'] ?? '')
  if (status === undefined) return {}
  if (status['name'] !== 'Closed') return { dateclosed: null }
  return { dateclosed: fields['dateclosed'] ?? todayOf(scene) }
}

/** Task time takes project and module of its task, whatever the body says. */
export function timePlace(fields: Fields, { store }: Scene): Fields {
  const task = store.get('task', fields['taskid'] ?? '')
  if (task === undefined) return {}
  return { projectid: task['projectid'] ?? null, moduleid: task['moduleid'] ?? null }
}
