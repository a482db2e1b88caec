import t from 'tap'
import {
  BATCH_FILTERS,
  batchTarget,
  filteredListsOf,
} from '../../src/list-revalidation/batch-filters.js'
import { table } from '../../src/simulator/table/table.js'
import { target } from '../cache/fixtures.js'

t.test(
  'lists that differ in one id are one family, whatever the order of their parameters',
  (t) => {
    const [one] = filteredListsOf(target('/task/?projectid=3&limit=100&title=a'))
    const [other] = filteredListsOf(target('/task?limit=100&title=a&projectid=11'))
    t.equal(one?.family, other?.family)
    t.match(one, {
      filter: 'projectid',
      id: '3',
      page: { limit: 100, offset: 0 },
      others: ['title=a'],
    })
    t.equal(other?.id, '11')
    for (const another of [
      '/task/?projectid=3&limit=50&title=a',
      '/task/?projectid=3&limit=100&offset=100&title=a',
      '/task/?projectid=3&limit=100&title=b',
      '/task/?projectid=3&limit=100&title=a&sortfield=title',
    ]) {
      t.not(filteredListsOf(target(another))[0]?.family, one?.family, another)
    }
    t.end()
  },
)

t.test('a list with two such ids belongs to two families', (t) => {
  const found = filteredListsOf(target('/time/?projectid=3&personid=7'))
  t.strictSame(
    found.map(({ filter, id, others }) => [filter, id, others]),
    [
      ['projectid', '3', ['personid=7']],
      ['personid', '7', ['projectid=3']],
    ],
  )
  t.end()
})

t.test('other targets belong to no family', (t) => {
  for (const raw of [
    '/task/',
    '/task/13/',
    '/task/?projectid=3,5',
    '/task/?projectid=-1',
    '/task/?projectid=03',
    '/task/?projectid=',
    '/task/?projectid=3&projectid=5',
    '/task/?projectid=3&limit=0',
    '/task/?projectid=3&limit=x',
    '/task/?projectid=3;limit=5',
    '/task/?projectid=3&x%5B%5D=5',
    '/task/?PROJECTID=3',
    '/task/?personid=3',
    '/task/?assigneeid=3',
    '/client/?localid=3',
    '/unheard-of/?projectid=3',
  ]) {
    t.strictSame(filteredListsOf(target(raw)), [], raw)
  }
  t.end()
})

t.test('the combined list asks for all of the ids', (t) => {
  const [one] = filteredListsOf(target('/task/?projectid=3&limit=100&title=a%20b'))
  if (one === undefined) throw new Error('no family')
  const raw = batchTarget('task', one, { ids: ['3', '5'], limit: 120 })
  t.equal(raw, '/task/?title=a%20b&projectid=3,5&limit=120')
  t.end()
})

t.test('each filter takes several ids of the field with its name', (t) => {
  for (const [name, filters] of Object.entries(BATCH_FILTERS)) {
    const resource = table[name as keyof typeof table]
    for (const filter of filters) {
      const found = resource.filters[filter]
      t.match(found, { kind: 'ids', field: filter }, `${name}.${filter}`)
      t.notMatch(found, { single: true }, `${name}.${filter} takes several`)
      t.ok(resource.fields.includes(filter), `${name} shows ${filter}`)
    }
  }
  t.end()
})
