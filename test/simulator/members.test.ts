import t from 'tap'
import { resourceNames, table, type ResourceName } from '../../src/simulator/index.js'
import { call, simulate } from './call.js'

/** The first row of a resource; short lists have small numbers of their own. */
const firstIds: Partial<Record<ResourceName, string>> = {
  group: '2',
  invoiceterm: '1',
  paymenttype: '1',
  me: '260001',
}

const firstId = (name: ResourceName): string =>
  firstIds[name] ?? String(100_001 + resourceNames.indexOf(name) * 10_000)

t.test('members show exactly the members of the table, in its order', async (t) => {
  const simulator = await simulate(t)
  for (const name of resourceNames) {
    const { collectionOnly, fields, listOnly = [] } = table[name]
    if (collectionOnly === true || name === 'projectteam') continue
    const { row, status } = await call(simulator, `${name}/${firstId(name)}/`)
    t.equal(status, 200, name)
    t.same(
      Object.keys(row),
      fields.filter((field) => !listOnly.includes(field)),
      name,
    )
  }
})

t.test('every filter and every sort field of every resource is carried out', async (t) => {
  const simulator = await simulate(t)
  const samples = { id: '1', ids: '1,2', flag: 't', text: 'e', date: '2026-06-01' }
  for (const name of resourceNames) {
    const { filters, sort, requiredFilters = [] } = table[name]
    if (name === 'projectteam') continue
    const needed = requiredFilters.map((filter) => `${filter}=1`)
    for (const [filter, { kind, ...rest }] of Object.entries(filters)) {
      const type = 'type' in rest ? rest.type : kind === 'not-ids' ? 'ids' : kind
      const value = type === 'rule' ? 'e' : 'single' in rest ? '1' : samples[type]
      const query = [...needed, `${filter}=${value}`].join('&')
      t.equal((await call(simulator, `${name}?${query}`)).status, 200, `${name}?${query}`)
    }
    for (const field of Object.keys(sort)) {
      const query = [...needed, `sortfield=${field}&sortdir=desc`].join('&')
      t.equal((await call(simulator, `${name}?${query}`)).status, 200, `${name}?${query}`)
    }
  }
})

t.test('names of JavaScript itself are parameters like any other', async (t) => {
  const simulator = await simulate(t)
  for (const name of ['constructor', '__proto__', 'toString']) {
    t.match(await call(simulator, `task?${name}=1`), { status: 400, apiCode: '17' }, name)
    t.match(await call(simulator, `task?sortfield=${name}`), { apiCode: '18' }, name)
    t.match(await call(simulator, `${name}/1`), { apiCode: '13' }, name)
    t.match(await call(simulator, `task/${name}/`), { status: 404, apiCode: '14' }, name)
    const body = `{"${name}":"x"}`
    t.match(await call(simulator, 'task/360001', { method: 'PUT', body }), { apiCode: '17' }, name)
  }
})
