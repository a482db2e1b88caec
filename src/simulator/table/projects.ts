/** Projects with their notes, teams, modules and work types. Source: swaggerhub MyIntervals/intervals/1 */
import { worktypeTotal } from './sums.js'
import { listed, flag, from, id, ids, idsOrNone, on, paddedLocalid } from './resource.js'
import { rule, sortable, text, to, type Filter, type Resource } from './resource.js'

const adminWrites = { GET: 'AMRE', POST: 'A', PUT: 'A', DELETE: 'A' } as const

/** Rows of projects to which this person has access. */
const teamOf = (projectField: string): Filter =>
  rule(
    'id',
    (value, { store }) =>
      (row) =>
        store
          .where('projectteam', 'personid', value)
          .some((team) => team['projectid'] === row[projectField]),
  )

/** Resource users do not see inactive modules and work types. */
const onlyActiveForResources: Resource['sees'] = (call) => (row) =>
  call.role !== 'R' || row['active'] === 't'

export const project: Resource = {
  name: 'project',
  verbs: adminWrites,
  filters: {
    localid: ids('localidunpadded'),
    clientid: idsOrNone('clientid'),
    managerid: idsOrNone('managerid'),
    labelid: ids('labelid'),
    name: text('name'),
    datestart: on('datestart'),
    datestartbegin: from('datestart'),
    datestartend: to('datestart'),
    dateend: on('dateend'),
    dateendbegin: from('dateend'),
    dateendend: to('dateend'),
    search: text('name', 'description', 'client', 'localid'),
    active: flag('active'),
    billable: flag('billable'),
    personid: teamOf('id'),
  },
  sort: sortable(
    ...listed('id localid clientid managerid name datestart dateend billable', 'label label_order'),
  ),
  settable: {
    clientid: 'int',
    managerid: 'csv',
    name: 'str',
    description: 'html',
    datestart: 'date',
    dateend: 'date',
    budget: 'decimal',
    billable: 'bool',
    active: 'bool',
    alert_percent: 'decimal',
  },
  required: ['active', 'billable', 'datestart', 'name'],
  fields: listed(
    'id name description datestart dateend alert_percent alert_date',
    'active billable budget clientid client clientlocalid labelid label',
    'localidunpadded localid manager managerid',
  ),
  fieldRoles: { alert_percent: 'AM', alert_date: 'AM', budget: 'AM' },
  derived: {
    localid: paddedLocalid,
    client: 'clientid.name',
    clientlocalid: 'clientid.localid',
    label: 'labelid.name',
    label_order: 'labelid.priority',
    manager: 'managerid.name',
  },
}

/** A custom module has the id of the module that was created for it. */
export const projectmodule: Resource = {
  name: 'projectmodule',
  verbs: adminWrites,
  filters: { projectid: ids('projectid'), active: flag('active'), personid: teamOf('projectid') },
  sort: {},
  settable: {
    projectid: 'int',
    moduleid: 'int',
    description: 'str',
    active: 'bool',
    module: 'str',
  },
  required: ['active', 'projectid'],
  fields: ['id', 'projectid', 'moduleid', 'module', 'description', 'active'],
  derived: { module: 'moduleid.name' },
  sees: onlyActiveForResources,
}

export const projectworktype: Resource = {
  name: 'projectworktype',
  verbs: adminWrites,
  filters: { projectid: ids('projectid'), active: flag('active'), personid: teamOf('projectid') },
  sort: {},
  settable: {
    projectid: 'int',
    worktypeid: 'int',
    hourlyrate: 'decimal',
    esttime: 'decimal',
    active: 'bool',
    worktype: 'str',
  },
  required: ['active', 'hourlyrate', 'projectid'],
  fields: listed('id projectid worktypeid worktype hourlyrate esttime active total'),
  derived: { worktype: 'worktypeid.name', total: worktypeTotal },
  sees: onlyActiveForResources,
}

/** Stored as one row for each person; answered as one object for each project. */
export const projectteam: Resource = {
  name: 'projectteam',
  verbs: { GET: 'A', POST: 'A', PUT: 'A', DELETE: 'A' },
  paged: false,
  filters: { projectid: id('projectid') },
  requiredFilters: ['projectid'],
  sort: {},
  settable: { projectid: 'int', personid: 'int', securenotes: 'bool' },
  required: ['projectid'],
  fields: ['projectid', 'personid'],
  derived: {},
}

export const projectnote: Resource = {
  name: 'projectnote',
  verbs: { GET: 'AMR', POST: 'AMR', PUT: 'AMR', DELETE: 'AMR' },
  filters: {
    localid: ids('localidunpadded'),
    clientid: ids('clientid'),
    projectid: ids('projectid'),
    authorid: ids('authorid'),
    title: text('title'),
    search: text('title', 'searchednote'),
    noteid: id('id'),
  },
  sort: {},
  settable: { projectid: 'int', title: 'str', note: 'html', secure: 'bool' },
  required: ['note', 'projectid', 'secure', 'title'],
  fields: listed(
    'id localid projectid project clientid client authorid author',
    'title note secure date',
  ),
  derived: {
    localid: paddedLocalid,
    project: 'projectid.name',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    author: 'authorid.name',
    // A secure note is not searched.
    searchednote: (row) => (row['secure'] === 't' ? null : (row['note'] ?? null)),
  },
  // Secure notes are visible to administrators, the author, and team members with securenotes.
  sees: (call) => (row) => {
    if (row['secure'] !== 't' || call.role === 'A' || row['authorid'] === call.caller.id)
      return true
    return call.store
      .where('projectteam', 'personid', call.caller.id)
      .some((team) => team['projectid'] === row['projectid'] && team['securenotes'] === 't')
  },
}
