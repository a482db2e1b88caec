/** Documents, work requests, saved filters and the quota. Source: swaggerhub MyIntervals/intervals/1 */
import { csvOf } from '../rows/store.js'
import { hasTaskRelation } from './sums.js'
import { listed, flag, from, id, ids, readOnly, rule, sortable, text, to } from './resource.js'
import type { Resource } from './resource.js'

export const document: Resource = {
  name: 'document',
  verbs: readOnly,
  filters: {
    public: flag('public'),
    taskid: ids('taskid'),
    milestoneid: ids('milestoneid'),
    queueid: ids('queueid'),
    clientid: ids('clientid'),
    projectid: ids('projectid'),
    moduleid: ids('moduleid'),
    personid: ids('personid'),
    search: text('title', 'notes', 'filename', 'tags'),
    projectactive: flag('projectactive'),
    taskassignedorownedby: rule('id', (value, { store }) => (row) => {
      const task = store.get('task', row['taskid'] ?? '')
      return task === undefined || hasTaskRelation(task, [value])
    }),
    tag: rule('text', (value) => (row) => csvOf(row['tags']).includes(value)),
    datebegin: from('datecreated'),
    dateend: to('datecreated'),
    id: id('id'),
  },
  sort: sortable('id', 'personid', 'title', 'public', 'datemodified', 'active'),
  // Only with `extraWrites`; the fields are those that public client code sends.
  settable: {
    personid: 'int',
    projectid: 'int',
    title: 'str',
    notes: 'html',
    public: 'bool',
    active: 'bool',
    tags: 'str',
  },
  required: ['title'],
  fields: listed(
    'id filename title notes public active datecreated datemodified',
    'filesize personid person projectid project clientid client taskid',
    'task milestoneid queueid moduleid tags versions',
  ),
  // The list has more fields than the member; the filter `id` is the documented workaround.
  listOnly: ['project', 'client', 'task', 'person', 'tags', 'moduleid'],
  derived: {
    person: 'personid.name',
    project: 'projectid.name',
    projectactive: 'projectid.active',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    task: 'taskid.title',
    milestoneid: 'taskid.milestoneid',
    moduleid: 'taskid.moduleid',
    versions: (row) => [
      {
        versionid: `${row.id}1`,
        filename: row['filename'] ?? null,
        filesize: row['filesize'] ?? null,
      },
    ],
  },
  sees: (call) => (row) => call.role !== 'E' || row['public'] === 't',
}

export const request: Resource = {
  name: 'request',
  verbs: { GET: 'AMRE', POST: 'AMRE', PUT: 'AMRE', DELETE: 'AMRE' },
  filters: { priorityid: id('priorityid'), personid: id('personid'), projectid: id('projectid') },
  sort: {
    ...sortable('id', 'title', 'date', 'datedue', 'personid', 'person', 'projectid', 'project'),
    ...sortable('clientid', 'client', 'email', 'priorityid', 'priority'),
  },
  settable: {
    personid: 'int',
    projectid: 'int',
    priorityid: 'int',
    title: 'str',
    datedue: 'date',
    description: 'html',
  },
  required: ['personid', 'priorityid', 'title'],
  fields: listed(
    'id title description date datedue personid person email',
    'projectid project clientid client priorityid priority',
  ),
  derived: {
    person: 'personid.name',
    email: (row, { store }) => {
      const contacts = store.where('personcontact', 'personid', row['personid'] ?? '')
      return contacts.find((contact) => contact['contacttypeid'] === '1')?.['value'] ?? null
    },
    project: 'projectid.name',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    priority: 'priorityid.name',
  },
}

export const tasklistfilter: Resource = {
  name: 'tasklistfilter',
  verbs: readOnly,
  filters: {},
  sort: {},
  // As for documents.
  settable: {
    personid: 'int',
    title: 'str',
    params: 'str',
    date: 'date',
    subfilterid: 'int',
    shared: 'bool',
    scheduled: 'bool',
  },
  required: ['title'],
  fields: listed(
    'id filtertypeid filtertype personid person title subfilterid',
    'shared scheduled datesent',
  ),
  derived: { person: 'personid.name' },
  sees: (call) => (row) => row['shared'] === 't' || row['personid'] === call.caller.id,
}

/** It has no rows: api/quota.ts answers. */
export const quota: Resource = {
  name: 'quota',
  verbs: readOnly,
  collectionOnly: true,
  paged: false,
  filters: {},
  sort: {},
  settable: {},
  required: [],
  fields: ['quota', 'used', 'next_reset', 'exceeded'],
  derived: {},
}
