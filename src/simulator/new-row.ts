/** Columns that a new row gets without the body naming them. */
import { ApiError } from './api-error.js'
import { addDays, stampOf, todayOf, type Scene } from './scene.js'
import type { Fields } from './store.js'
import type { ResourceName } from './table/resource-names.js'
import { taskDates, timePlace } from './kept-columns.js'

type Defaults = (given: Fields, scene: Scene) => Fields

const payer: Defaults = (given, scene) => ({ personid: given['personid'] ?? scene.caller.id })

const note: Defaults = (_given, scene) => {
  const date = stampOf(scene)
  // All notes of an executive are public.
  const forced = scene.role === 'E' ? { public: 't' } : {}
  return { authorid: scene.caller.id, date, datemodified: date, ...forced }
}

const upload: Defaults = (_given, scene) => {
  const datecreated = stampOf(scene)
  return { personid: scene.caller.id, datecreated, datemodified: datecreated, active: 't' }
}

const defaults: Partial<Record<ResourceName, Defaults>> = {
  task: (given, scene) => {
    const datecreated = stampOf(scene)
    return { ...taskDates(given, scene), queueid: null, datecreated, datemodified: datecreated }
  },
  time: (given, scene) => {
    const datemodified = given['datemodified'] ?? stampOf(scene)
    return { ...timePlace(given, scene), datemodified, approved: 'f' }
  },
  expense: payer,
  payment: payer,
  timer: newTimer,
  request: (given, scene) => {
    const date = todayOf(scene)
    return { date, datedue: given['datedue'] ?? addDays(date, 7) }
  },
  tasknote: note,
  milestonenote: note,
  projectnote: (_given, scene) => ({ authorid: scene.caller.id, date: stampOf(scene) }),
  invoicenote: (given, scene) => {
    const date = given['date'] ?? todayOf(scene)
    return { authorid: scene.caller.id, date, actions: '' }
  },
  project: () => ({ labelid: null, alert_date: null }),
  projectmodule: (given, scene) => customOne('module', given, scene),
  projectworktype: (given, scene) => customOne('worktype', given, scene),
  person: newPerson,
  document: upload,
  tasklistfilter: upload,
}

/** Throws ApiError 18 where the documents ask for one of several members. */
export function defaultsFor(resource: ResourceName, given: Fields, scene: Scene): Fields {
  return defaults[resource]?.(given, scene) ?? {}
}

function newTimer(given: Fields, scene: Scene): Fields {
  const taskid = given['taskid'] ?? null
  const own = scene.store.where('timer', 'personid', given['personid'] ?? '')
  if (taskid !== null && own.some((timer) => timer['taskid'] === taskid)) {
    throw new ApiError(18, 'There is a timer for this task and person')
  }
  const time = given['time'] ?? null
  const starttime = given['starttime'] ?? (time === null ? stampOf(scene) : null)
  return { starttime, time: time ?? '0', lastupdate: stampOf(scene) }
}

/** A name instead of an id makes a module or work type of the project's own. */
export function customOne(kind: 'module' | 'worktype', given: Fields, { store }: Scene): Fields {
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
