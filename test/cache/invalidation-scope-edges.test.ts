// The dependency table of the Intervals resources, written out a second time and by hand: a write to
// the left may change what a GET of the right answers. The code's table may say more, never less.

import t from 'tap'
import {
  isResourceName,
  RESOURCE_NAMES,
  RESOURCES,
  invalidationScope,
} from '../../src/cache/index.js'
import { target } from './fixtures.js'

const EDGES: Readonly<Record<string, string>> = {
  client:
    'project task time person me milestone expense invoice payment request document projectnote',
  contactdescriptor: 'personcontact',
  contacttype: 'contactdescriptor personcontact',
  document: 'task milestone project',
  expense: 'invoice',
  group: 'person me',
  invoice: 'invoiceitem invoicenote payment time',
  invoiceitem: 'invoice',
  invoicenote: 'invoice',
  invoiceterm: 'invoice',
  milestone: 'task milestonenote document',
  milestonenote: 'milestone',
  module: 'projectmodule task time',
  payment: 'invoice',
  paymenttype: 'payment',
  person:
    'task time project milestone tasknote milestonenote projectnote invoicenote expense request timer document tasklistfilter projectteam personcontact me',
  personcontact: 'person me',
  project:
    'task time timer milestone milestonenote expense invoice invoiceitem payment request document projectnote projectteam projectmodule projectworktype person client tasknote',
  projectlabel: 'task request project tasklistfilter',
  projectmodule: 'task time module document',
  projectteam:
    'person project task time milestone document projectnote request client projectmodule projectworktype timer',
  projectworktype: 'time worktype invoice',
  request: 'task',
  task: 'tasknote milestone milestonenote time timer document request tasklistfilter',
  tasklistfilter: 'task',
  tasknote: 'task document',
  taskpriority: 'task request project tasklistfilter',
  taskstatus: 'task request project tasklistfilter',
  time: 'task milestone projectworktype invoice invoiceitem project',
  worktype: 'projectworktype time invoiceitem',
}

t.test('every edge is in the table', async (t) => {
  for (const [written, touched] of Object.entries(EDGES)) {
    const scope = invalidationScope('PUT', target(`/${written}/13/`))
    if (scope?.kind !== 'resources')
      throw new Error(`a PUT of ${written} is not a list of resources`)
    const names: ReadonlySet<string> = new Set(scope.names)
    t.ok(names.has(written), `${written} -> itself`)
    for (const name of touched.split(' ')) {
      t.ok(isResourceName(name), `${name} is a resource`)
      t.ok(names.has(name), `${written} -> ${name}`)
    }
  }
})

t.test('sums go from the part to the whole', async (t) => {
  const sums = [
    ['time', 'task'],
    ['time', 'milestone'],
    ['time', 'projectworktype'],
    ['task', 'milestone'],
    ['invoiceitem', 'invoice'],
    ['payment', 'invoice'],
  ] as const
  for (const [part, whole] of sums)
    t.ok(RESOURCES[part].invalidates.includes(whole), `${part} -> ${whole}`)
})

const namesOf = (method: string, path: string): ReadonlySet<string> => {
  const scope = invalidationScope(method, target(path))
  return new Set(scope?.kind === 'resources' ? scope.names : [])
}

t.test('a stopped timer may log time, and /me/ is a person', async (t) => {
  t.same(namesOf('PUT', '/timer/1/'), new Set(['timer', ...namesOf('POST', '/time/')]))
  t.same(namesOf('PUT', '/me/'), namesOf('PUT', '/person/1/'))
})

t.test('one note leaves the rest of the account alone', async (t) => {
  const scope = invalidationScope('POST', target('/tasknote/'))
  t.same(scope, { kind: 'resources', names: ['tasknote', 'document', 'task'] })
})

t.test('a set-up list is dropped by nothing that happens all day', async (t) => {
  const setUp = RESOURCE_NAMES.filter((name) => RESOURCES[name].ttlMs >= 3_600_000)
  for (const written of ['expense', 'invoice', 'payment', 'request', 'time', 'tasknote'] as const) {
    const dropped = RESOURCES[written].invalidates.filter((name) => setUp.includes(name))
    t.same(dropped, [], written)
  }
})

t.test('no row names itself or a resource twice, and each has a reason', async (t) => {
  for (const name of RESOURCE_NAMES) {
    const { invalidates, reason } = RESOURCES[name]
    t.notOk(invalidates.includes(name), `${name} implies itself`)
    t.equal(new Set(invalidates).size, invalidates.length, `${name} names each once`)
    t.match(reason, /^[A-Z].+\.$/u, `${name} has a reason`)
  }
})
