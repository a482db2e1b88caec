/** Clients, people and their contacts. Source: swaggerhub MyIntervals/intervals/1 */
import { csvOf } from '../rows/store.js'
import { listed, flag, id, ids, notIds, paddedLocalid, readOnly } from './resource.js'
import { rule, sortable, text, type Derived, type Resource } from './resource.js'

const fullname: Derived = (row) => `${row['firstname'] ?? ''} ${row['lastname'] ?? ''}`.trim()

const personFields = listed(
  'id localid clientid title firstname lastname primaryaccount notes',
  'allprojects active private tips username groupid group client',
  'numlogins lastlogin timezone timezone_offset restricttasks clientlocalid',
  'calendarorientation editordisabled',
)

const personDerived = {
  localid: paddedLocalid,
  group: 'groupid.name',
  client: 'clientid.name',
  clientlocalid: 'clientid.localid',
  // Answers of other resources embed a person by this name; `/person/` does not show it.
  name: fullname,
} as const

export const client: Resource = {
  name: 'client',
  verbs: { GET: 'AMRE', POST: 'A', PUT: 'A', DELETE: 'A' },
  filters: {
    localid: ids('localidunpadded'),
    active: flag('active'),
    search: text('name', 'description', 'localid'),
    projectsonly: rule('flag', (value, { store }) => (row) => {
      if (value === 'f') return true
      return store.where('project', 'clientid', row.id).some((p) => p['active'] === 't')
    }),
  },
  sort: sortable('id', 'localid', 'name', 'datecreated'),
  settable: {
    name: 'str',
    datecreated: 'date',
    description: 'html',
    email: 'str',
    website: 'str',
    phone: 'str',
    fax: 'str',
    address: 'str',
    active: 'bool',
  },
  required: ['active', 'datecreated', 'name'],
  fields: listed(
    'id name datecreated description email website phone fax address',
    'active localidunpadded localid',
  ),
  fieldRoles: {
    datecreated: 'A',
    description: 'A',
    email: 'A',
    website: 'A',
    phone: 'A',
    fax: 'A',
    address: 'A',
  },
  derived: { localid: paddedLocalid },
}

export const person: Resource = {
  name: 'person',
  verbs: { GET: 'AMR', POST: 'A', PUT: 'A', DELETE: 'A' },
  filters: {
    localid: ids('localidunpadded'),
    username: text('username'),
    email: rule(
      'text',
      (value, { store }) =>
        (row) =>
          store
            .where('personcontact', 'personid', row.id)
            .some((contact) =>
              (contact['value'] ?? '').toLowerCase().includes(value.toLowerCase()),
            ),
    ),
    firstname: text('firstname'),
    lastname: text('lastname'),
    excludegroupids: notIds('groupid'),
    projectid: rule('ids', (value, { store }) => (row) => {
      const teams = store.where('projectteam', 'personid', row.id)
      return teams.some((team) => csvOf(value).includes(team['projectid'] ?? ''))
    }),
    clientid: ids('clientid'),
    projectclientid: rule(
      'ids',
      (value, { store }) =>
        (row) =>
          store.where('projectteam', 'personid', row.id).some((team) => {
            const project = store.get('project', team['projectid'] ?? '')
            return csvOf(value).includes(project?.['clientid'] ?? '')
          }),
    ),
    search: rule('text', (value, { store }) => (row) => {
      const contacts = store.where('personcontact', 'personid', row.id).map((c) => c['value'])
      const client = store.get('client', row['clientid'] ?? '')?.['name']
      const own = [row['firstname'], row['lastname'], row['username'], row['notes']]
      const all = [...own, client, ...contacts].join('\n').toLowerCase()
      return all.includes(value.toLowerCase())
    }),
    active: flag('active'),
    groupid: id('groupid'),
    allprojects: flag('allprojects'),
    restricttasks: flag('restricttasks'),
  },
  sort: {},
  settable: {
    clientid: 'int',
    title: 'str',
    firstname: 'str',
    lastname: 'str',
    allprojects: 'bool',
    notes: 'html',
    private: 'bool',
    active: 'bool',
    username: 'str',
    password: 'str',
    email: 'str',
    groupid: 'int',
  },
  required: ['active', 'firstname', 'private'],
  fields: personFields,
  derived: personDerived,
}

/** The caller's own row. */
export const me: Resource = {
  name: 'me',
  verbs: readOnly,
  paged: false,
  filters: {},
  sort: {},
  // Only with `meWrites`; which fields a person may change is not documented.
  settable: { title: 'str', firstname: 'str', lastname: 'str', notes: 'html' },
  required: [],
  fields: personFields.filter((field) => field !== 'active'),
  derived: personDerived,
  sees: (call) => (row) => row.id === call.caller.id,
}

/** Answers have underscores in their names; filters and bodies do not. */
export const personcontact: Resource = {
  name: 'personcontact',
  verbs: { GET: 'AMRE', POST: 'AMRE', PUT: 'AMRE', DELETE: 'AMRE' },
  paged: false,
  filters: {
    personid: id('personid'),
    contacttypeid: id('contacttypeid'),
    contactdescriptorid: id('contactdescriptorid'),
  },
  requiredFilters: ['personid'],
  sort: {},
  settable: {
    personid: 'int',
    value: 'str',
    contacttypeid: 'int',
    contactdescriptorid: 'int',
  },
  required: ['contactdescriptorid', 'contacttypeid', 'personid', 'value'],
  fields: ['id', 'personid', 'value', 'contact_type_id', 'contact_descriptor_id'],
  derived: { contact_type_id: 'contacttypeid', contact_descriptor_id: 'contactdescriptorid' },
  // The contacts of a private person are hidden from resources and executives.
  sees: (call) => (row) => {
    if (call.role === 'A' || call.role === 'M' || row['personid'] === call.caller.id) return true
    return call.store.get('person', row['personid'] ?? '')?.['private'] !== 't'
  },
}
