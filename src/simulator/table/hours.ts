/** Time entries, timers and notes. Source: swaggerhub MyIntervals/intervals/1 */
import { timerLapsed, timerTotal } from './sums.js'
import { listed, flag, from, id, ids, idsOrNone, on, rule, sortable, to } from './resource.js'
import type { Derived, Resource } from './resource.js'

const isRunning: Derived = (row) => ((row['starttime'] ?? '') === '' ? 'f' : 't')

/** Executives see public notes only. */
const onlyPublicForExecutives: Resource['sees'] = (call) => (row) =>
  call.role !== 'E' || row['public'] === 't'

export const time: Resource = {
  name: 'time',
  verbs: { GET: 'AMRE', POST: 'AMR', PUT: 'AMR', DELETE: 'AMR' },
  filters: {
    activeonly: rule('flag', (value, { store }) => (row) => {
      if (value === 'f') return true
      const project = store.get('project', row['projectid'] ?? '')
      const person = store.get('person', row['personid'] ?? '')
      return project?.['active'] === 't' && person?.['active'] === 't'
    }),
    moduleid: ids('moduleid'),
    taskid: ids('taskid'),
    worktypeid: ids('worktypeid'),
    personid: ids('personid'),
    clientid: idsOrNone('clientid'),
    projectid: ids('projectid'),
    milestoneid: idsOrNone('milestoneid'),
    date: on('date'),
    datebegin: from('date'),
    dateend: to('date'),
    datemodifiedbegin: from('datemodified'),
    datemodifiedend: to('datemodified'),
    billable: flag('billable'),
    approved: flag('approved'),
  },
  sort: { ...sortable('id', 'datemodified'), 't.date': 'date' },
  settable: {
    projectid: 'int',
    moduleid: 'int',
    taskid: 'int',
    worktypeid: 'int',
    personid: 'int',
    date: 'date',
    time: 'hours',
    description: 'html',
    billable: 'bool',
    datemodified: 'stamp',
  },
  required: ['billable', 'date', 'personid', 'time', 'worktypeid'],
  fields: listed(
    'id projectid moduleid taskid worktypeid personid date dateiso',
    'datemodified time description billable worktype hourlyrate module',
    'project client clientid clientactive active task person',
    'firstname lastname',
  ),
  fieldRoles: { hourlyrate: 'AME' },
  derived: {
    dateiso: 'date',
    worktype: 'worktypeid.name',
    hourlyrate: (row, { store }) => {
      const rates = store.where('projectworktype', 'projectid', row['projectid'] ?? '')
      const own = rates.find((rate) => rate['worktypeid'] === row['worktypeid'])
      return own?.['hourlyrate'] ?? null
    },
    module: 'moduleid.name',
    project: 'projectid.name',
    client: 'projectid.client',
    clientid: 'projectid.clientid',
    clientactive: 'projectid.clientid.active',
    active: 'projectid.active',
    task: 'taskid.title',
    milestoneid: 'taskid.milestoneid',
    person: 'personid.name',
    firstname: 'personid.firstname',
    lastname: 'personid.lastname',
  },
}

/** Task timers unless the query selects general timers; a running timer changes every second. */
export const timer: Resource = {
  name: 'timer',
  verbs: { GET: 'AMR', POST: 'AMR', PUT: 'AMR', DELETE: 'AMR' },
  filters: {
    // Both also select the timers of the list, see reads/list.ts.
    generaltimers: rule('flag', () => () => true),
    gettimerinfo: rule('flag', () => () => true),
    taskid: id('taskid'),
    personid: id('personid'),
    projectid: id('projectid'),
    clientid: id('clientid'),
  },
  sort: sortable('lastupdate'),
  settable: {
    taskid: 'int',
    personid: 'int',
    starttime: 'stamp',
    time: 'decimal',
    name: 'str',
    lastupdate: 'stamp',
  },
  required: ['personid'],
  fields: listed(
    'id taskid personid name isrunning starttime time timelapsed',
    'totaltime lastupdate',
  ),
  derived: {
    isrunning: isRunning,
    timelapsed: timerLapsed,
    totaltime: timerTotal,
    projectid: 'taskid.projectid',
    clientid: 'taskid.clientid',
    task: 'taskid.title',
    tasklocalid: 'taskid.localid',
  },
  // A Resource user sees only their own timers.
  sees: (call) => (row) => call.role !== 'R' || row['personid'] === call.caller.id,
}

export const tasknote: Resource = {
  name: 'tasknote',
  verbs: { GET: 'AMRE', POST: 'AMRE', PUT: 'A', DELETE: 'A' },
  filters: {
    taskid: ids('taskid'),
    // Task notes have no title; the filter searches the task's.
    title: { kind: 'text', fields: ['task'] },
    date: on('date'),
    datebegin: from('date'),
    dateend: to('date'),
    datemodifiedbegin: from('datemodified'),
    datemodifiedend: to('datemodified'),
    authorid: ids('authorid'),
    public: flag('public'),
  },
  sort: sortable('id', 'taskid', 'authorid', 'date'),
  settable: { taskid: 'int', note: 'html', public: 'bool' },
  required: ['note', 'public', 'taskid'],
  fields: ['id', 'taskid', 'authorid', 'author', 'date', 'datemodified', 'note', 'public'],
  derived: { author: 'authorid.name', task: 'taskid.title', projectid: 'taskid.projectid' },
  sees: onlyPublicForExecutives,
}

export const milestonenote: Resource = {
  name: 'milestonenote',
  verbs: { GET: 'AMRE', POST: 'AMRE', PUT: 'A', DELETE: 'A' },
  filters: { milestoneid: id('milestoneid') },
  requiredFilters: ['milestoneid'],
  sort: {},
  settable: { milestoneid: 'int', note: 'html', public: 'bool' },
  required: ['milestoneid', 'note', 'public'],
  fields: ['id', 'milestoneid', 'title', 'date', 'authorid', 'author', 'note', 'public'],
  derived: {
    title: 'milestoneid.title',
    author: 'authorid.name',
    projectid: 'milestoneid.projectid',
  },
  sees: onlyPublicForExecutives,
}
