import t from 'tap'
import { resourceNames, table, type ResourceName } from '../../src/simulator/index.js'
import { documented } from './documented.js'

const words = (text: string): readonly string[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .toSorted()

/** Found in the documents' pages but not in the Swagger document. */
const newer: Partial<Record<string, readonly string[]>> = {
  task: ['datecreated', 'datecreatedbegin', 'datecreatedend'],
  project: ['labelid', 'datestartbegin', 'datestartend', 'dateendbegin', 'dateendend'],
}
const newerSorts: Partial<Record<string, readonly string[]>> = { project: ['label', 'label_order'] }

t.test('has every documented resource, and projectlabel and quota', async (t) => {
  t.same(resourceNames.toSorted(), [...Object.keys(documented), 'projectlabel', 'quota'].toSorted())
  for (const name of resourceNames) t.equal(table[name].name, name)
})

for (const [name, said] of Object.entries(documented)) {
  t.test(`${name} has the documented verbs, roles, filters, sort fields and members`, async (t) => {
    const resource = table[name as ResourceName]
    t.same(resource.verbs, said.verbs, 'verbs and roles')
    t.equal(resource.paged !== false, said.paged, 'paged')
    t.equal(resource.collectionOnly !== true, said.members, 'members')
    const filters = [...words(said.filters), ...(newer[name] ?? [])].toSorted()
    t.same(Object.keys(resource.filters).toSorted(), filters, 'filters')
    t.same(resource.requiredFilters ?? [], words(said.needed), 'required filters')
    const sorts = [...words(said.sort), ...(newerSorts[name] ?? [])].toSorted()
    t.same(Object.keys(resource.sort).toSorted(), sorts, 'sort fields')
    const settable = words(said.settable).filter((member) => member !== 'timelapsed')
    const isReadOnly = Object.keys(said.verbs).length === 1
    if (name === 'projectteam') t.ok(settable.every((member) => member in resource.settable))
    else if (!isReadOnly) t.same(Object.keys(resource.settable).toSorted(), settable, 'settable')
    if (!isReadOnly) t.same(resource.required.toSorted(), words(said.required), 'required')
  })
}
