/** Columns of a new row that the body does not set. */
import { ApiError } from '../api-error.js'
import { addDays, stampOf, todayOf, type CallContext } from '../rows/call-context.js'
import type { Fields } from '../rows/store.js'
import type { ResourceName } from '../rows/resource-names.js'
import { taskDates, timePlace } from './dependent-columns.js'

type Defaults = (given: Fields, call: CallContext) => Fields

const payer: Defaults = (given, call) => ({ personid: given['personid'] ?? call.caller.id })

const note: Defaults = (_given, call) => {
  const date = stampOf(call)
  // All notes of an executive are public.
  const forced = call.role === 'E' ? { public: 't' } : {}
  return { authorid: call.caller.id, date, datemodified: date, ...forced }
}

const upload: Defaults = (given, call) => {
  const datecreated = stampOf(call)
  const personid = given['personid'] ?? call.caller.id
  return { personid, datecreated, datemodified: datecreated, active: given['active'] ?? 't' }
}

const defaults: Partial<Record<ResourceName, Defaults>> = {
  task: (given, call) => {
    const datecreated = stampOf(call)
    return { ...taskDates(given, call), queueid: null, datecreated, datemodified: datecreated }
  },
  time: (given, call) => {
    const datemodified = given['datemodified'] ?? stampOf(call)
    return { ...timePlace(given, call), datemodified, approved: 'f' }
  },
  expense: payer,
  payment: payer,
  timer: newTimer,
  request: (given, call) => {
    const date = todayOf(call)
    return { date, datedue: given['datedue'] ?? addDays(date, 7) }
  },
  tasknote: note,
  milestonenote: note,
  projectnote: (_given, call) => ({ authorid: call.caller.id, date: stampOf(call) }),
  invoicenote: (given, call) => {
    const date = given['date'] ?? todayOf(call)
    return { authorid: call.caller.id, date, actions: '' }
  },
  project: () => ({ labelid: null, alert_date: null }),
  projectmodule: (given, call) => customOne('module', given, call),
  projectworktype: (given, call) => customOne('worktype', given, call),
  person: newPerson,
  document: upload,
  tasklistfilter: (given, call) => {
    const personid = given['personid'] ?? call.caller.id
    return { filtertypeid: '1', filtertype: 'Task list', personid, datesent: null }
  },
}

/** Throws ApiError 18 when one of several alternative members is required and none is given. */
export function defaultsFor(resource: ResourceName, given: Fields, call: CallContext): Fields {
  return defaults[resource]?.(given, call) ?? {}
}

function newTimer(given: Fields, call: CallContext): Fields {
  const taskid = given['taskid'] ?? null
  const own = call.store.where('timer', 'personid', given['personid'] ?? '')
  if (taskid !== null && own.some((timer) => timer['taskid'] === taskid)) {
    throw new ApiError(18, 'There is a timer for this task and person')
  }
  const time = given['time'] ?? null
  const starttime = given['starttime'] ?? (time === null ? stampOf(call) : null)
  return { starttime, time: time ?? '0', lastupdate: stampOf(call) }
}

/** A name instead of an id creates a custom module or work type. */
export function customOne(
  kind: 'module' | 'worktype',
  given: Fields,
  { store }: CallContext,
): Fields {
  const chosen = given[`${kind}id`] ?? null
  if (chosen !== null) return {}
  const name = given[kind] ?? ''
  if (name === '') throw new ApiError(18, `${kind}id or ${kind} is required`)
  const extra =
    kind === 'module' ? { description: '' } : { defaulthourlyrate: given['hourlyrate'] ?? '0.00' }
  return { [`${kind}id`]: store.insert(kind, { name, active: 't', ...extra }).id }
}

function newPerson(): Fields {
  return {
    primaryaccount: 'f',
    tips: 'f',
    numlogins: '0',
    lastlogin: null,
    timezone: 'Europe/Brussels',
    timezone_offset: 'Brussels, Copenhagen, Madrid, Paris',
    restricttasks: 'f',
    calendarorientation: '1',
    editordisabled: '0',
  }
}
