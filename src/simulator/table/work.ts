/** Tasks and milestones. Source: swaggerhub MyIntervals/intervals/1 */
import { todayOf } from '../rows/call-context.js'
import { csvOf } from '../rows/store.js'
import { hasTaskRelation, milestoneActual, milestoneEstimate, milestoneProgress } from './sums.js'
import { taskHours } from './sums.js'
import { listed, flag, from, ids, idsOrNone, on, paddedLocalid, rule } from './resource.js'
import { sortable, text, to, type Filter, type Resource } from './resource.js'

const related: Filter = rule('ids', (value) => (row) => hasTaskRelation(row, csvOf(value)))

export const task: Resource = {
  name: 'task',
  verbs: { GET: 'AMRE', POST: 'AMR', PUT: 'AMR', DELETE: 'AM' },
  filters: {
    localid: ids('localidunpadded'),
    personid: rule(
      'id',
      (value, { store }) =>
        (row) =>
          store
            .where('projectteam', 'personid', value)
            .some((t) => t['projectid'] === row['projectid']),
    ),
    // Adds two fields to each row; it does not filter.
    includetimerid: rule('id', () => () => true),
    assigneeid: idsOrNone('assigneeid'),
    followerid: idsOrNone('followerid'),
    statusid: ids('statusid'),
    clientid: idsOrNone('clientid'),
    projectid: ids('projectid'),
    moduleid: ids('moduleid'),
    milestoneid: idsOrNone('milestoneid'),
    title: text('title'),
    dateopen: on('dateopen'),
    dateopenbegin: from('dateopen'),
    dateopenend: to('dateopen'),
    datedue: on('datedue'),
    dateduebegin: from('datedue'),
    datedueend: to('datedue'),
    dateclosed: on('dateclosed'),
    dateclosedbegin: from('dateclosed'),
    dateclosedend: to('dateclosed'),
    datemodifiedbegin: from('datemodified'),
    datemodifiedend: to('datemodified'),
    datecreated: on('datecreated'),
    datecreatedbegin: from('datecreated'),
    datecreatedend: to('datecreated'),
    hasduedate: rule('flag', (value) => (row) => (row['datedue'] !== null) === (value === 't')),
    ownerid: ids('ownerid'),
    priorityid: ids('priorityid'),
    // Not documented: this selects the tasks of the filter's owner.
    tasklistfilterid: rule('id', (value, { store }) => (row) => {
      const personid = store.get('tasklistfilter', value)?.['personid']
      return typeof personid === 'string' && hasTaskRelation(row, [personid])
    }),
    overdue: rule('flag', (value, call) => (row) => {
      const due = row['datedue'] ?? null
      const isOverdue = due !== null && row['dateclosed'] === null && due < todayOf(call)
      return isOverdue === (value === 't')
    }),
    excludeclosed: rule('flag', (value, { store }) => (row) => {
      const status = store.get('taskstatus', row['statusid'] ?? '')
      return value === 'f' || status?.['name'] !== 'Closed'
    }),
    assignedorownedby: related,
    hastaskrelation: related,
    search: text('title', 'summary', 'requesttitle', 'requestdescription', 'localid'),
  },
  sort: {
    ...sortable('id', 'localid', 'queueid', 'assigneeid', 'statusid', 'projectid', 'module'),
    ...sortable('moduleid', 'title', 'summary', 'dateopen', 'datedue', 'dateclosed', 'estimate'),
    ...sortable('ownerid', 'priorityid', 'severity', 'status', 'status_order', 'project'),
    ...sortable('client', 'milestoneid', 'milestone', 'owners'),
    'sev.priority': 'priority',
    assignee: 'assignees',
  },
  settable: {
    assigneeid: 'csv',
    followerid: 'csv',
    milestoneid: 'int',
    statusid: 'int',
    projectid: 'int',
    moduleid: 'int',
    title: 'str',
    summary: 'html',
    dateopen: 'date',
    datedue: 'date',
    dateclosed: 'date',
    estimate: 'decimal',
    ownerid: 'csv',
    priorityid: 'int',
  },
  required: ['dateopen', 'moduleid', 'ownerid', 'priorityid', 'projectid', 'statusid', 'title'],
  fields: listed(
    'id localid queueid assigneeid followerid ownerid assignees',
    'followers owners statusid status status_order projectid project',
    'projectlocalid projectlabel projectlabel_order projectlabelid clientid',
    'client clientlocalid moduleid module milestoneid milestone title',
    'summary dateopen datedue dateclosed datecreated datemodified estimate',
    'priorityid priority color severity billable unbillable actual',
  ),
  derived: {
    localid: paddedLocalid,
    assignees: 'assigneeid.name',
    followers: 'followerid.name',
    owners: 'ownerid.name',
    status: 'statusid.name',
    status_order: 'statusid.priority',
    project: 'projectid.name',
    projectlocalid: 'projectid.localid',
    projectlabelid: 'projectid.labelid',
    projectlabel: 'projectid.label',
    projectlabel_order: 'projectid.label_order',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    clientlocalid: 'projectid.clientlocalid',
    module: 'moduleid.name',
    milestone: 'milestoneid.title',
    priority: 'priorityid.priority',
    color: 'priorityid.color',
    severity: 'priorityid.name',
    requesttitle: 'queueid.title',
    requestdescription: 'queueid.description',
    billable: (row, call) => taskHours(row, call, 't'),
    unbillable: (row, call) => taskHours(row, call, 'f'),
    actual: (row, call) => taskHours(row, call),
  },
  sees: (call) => (row) =>
    call.caller['restricttasks'] !== 't' || hasTaskRelation(row, [call.caller.id]),
}

export const milestone: Resource = {
  name: 'milestone',
  verbs: { GET: 'AMR', POST: 'AM', PUT: 'AM', DELETE: 'AM' },
  filters: {
    localid: ids('localidunpadded'),
    search: rule('text', (value, { store }) => (row) => {
      const notes = store.where('milestonenote', 'milestoneid', row.id).map((n) => n['note'])
      const own = [row['title'], row['description'], row['localidunpadded']?.padStart(5, '0')]
      return [...own, ...notes].join('\n').toLowerCase().includes(value.toLowerCase())
    }),
    clientid: idsOrNone('clientid'),
    projectid: ids('projectid'),
    ownerid: ids('ownerid'),
    hasmilestonerelation: rule('ids', (value, { store }) => (row) => {
      const people = csvOf(value)
      if (csvOf(row['ownerid']).some((owner) => people.includes(owner))) return true
      return store.where('task', 'milestoneid', row.id).some((t) => hasTaskRelation(t, people))
    }),
    complete: flag('complete'),
    dateduebegin: from('datedue'),
    datedueend: to('datedue'),
    title: text('title'),
  },
  sort: {
    ...sortable('id', 'localid', 'projectid', 'clientid', 'datedue', 'title', 'description'),
    ...sortable('progress', 'estimate', 'actual', 'owner'),
  },
  settable: {
    projectid: 'int',
    ownerid: 'csv',
    title: 'str',
    datedue: 'date',
    description: 'html',
    complete: 'bool',
  },
  required: ['complete', 'datedue', 'ownerid', 'projectid', 'title'],
  fields: listed(
    'id localid projectid project clientid client ownerid owner title',
    'datedue description complete progress estimate actual',
  ),
  derived: {
    localid: paddedLocalid,
    project: 'projectid.name',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    owner: 'ownerid.name',
    progress: milestoneProgress,
    estimate: milestoneEstimate,
    actual: milestoneActual,
  },
  sees: (call) => (row) => {
    if (call.caller['restricttasks'] !== 't') return true
    if (csvOf(row['ownerid']).includes(call.caller.id)) return true
    const tasks = call.store.where('task', 'milestoneid', row.id)
    return tasks.some((task) => hasTaskRelation(task, [call.caller.id]))
  },
}
