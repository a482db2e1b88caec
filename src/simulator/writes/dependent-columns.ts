/** Columns that each write derives from other columns of the same row. */
import { todayOf, type CallContext } from '../rows/call-context.js'
import type { Fields } from '../rows/store.js'

/** A closed task has a date of closing, an open one has none. */
export function taskDates(fields: Fields, call: CallContext): Fields {
  const status = call.store.get('taskstatus', fields['statusid'] ?? '')
  if (status === undefined) return {}
  if (status['name'] !== 'Closed') return { dateclosed: null }
  return { dateclosed: fields['dateclosed'] ?? todayOf(call) }
}

/** Task time has the project and module of its task; the body's are ignored. */
export function timePlace(fields: Fields, { store }: CallContext): Fields {
  const task = store.get('task', fields['taskid'] ?? '')
  if (task === undefined) return {}
  return { projectid: task['projectid'] ?? null, moduleid: task['moduleid'] ?? null }
}
