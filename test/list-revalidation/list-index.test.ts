import t from 'tap'
import { createEntry, resolvePolicies } from '../../src/cache/index.js'
import { createListIndex } from '../../src/list-revalidation/list-index.js'

const ROW = { resource: 'project', id: '7' } as const

function entry(body: object | string, status = 200) {
  return createEntry({
    key: 'key',
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    account: 'default',
    resource: 'project',
    path: '/project',
    generation: 1,
    policy: resolvePolicies().project,
    sentAtMs: 0,
  })
}

const FIELDS = { id: '7', name: 'Site', clientid: null, active: 't' }
const envelope = { personid: 1, status: 'OK', code: 200 }
const list = (...rows: object[]) => entry({ ...envelope, listcount: rows.length, project: rows })
const row = (fields: object, extra: object = {}) =>
  entry({ ...envelope, ...extra, project: fields })

t.test('a listed row with the same fields and values proves the stored row', async (t) => {
  const { proves } = createListIndex()
  const others = [{ id: '6', name: 'Other' }]
  t.ok(proves(list(...others, FIELDS), row(FIELDS), ROW))
})

t.test('proves nothing that is uncertain', async (t) => {
  const { proves } = createListIndex()
  const good = list(FIELDS)
  const cases: readonly (readonly [string, boolean])[] = [
    ['another value', proves(list({ ...FIELDS, name: 'New' }), row(FIELDS), ROW)],
    ['null is not missing', proves(list({ id: '7', name: 'Site', active: 't' }), row(FIELDS), ROW)],
    ['a field that the row has gained', proves(list({ ...FIELDS, x: '1' }), row(FIELDS), ROW)],
    ['a field that the list does not have', proves(good, row({ ...FIELDS, budget: '1' }), ROW)],
    ['the row is not in the list', proves(list({ ...FIELDS, id: '8' }), row(FIELDS), ROW)],
    ['another row', proves(good, row({ ...FIELDS, id: '8' }), ROW)],
    ['nothing but an id', proves(good, row({ id: '7' }), ROW)],
    ['another person', proves(good, row(FIELDS, { personid: 2 }), ROW)],
    ['an envelope with an added field', proves(good, row(FIELDS, { warning: 'x' }), ROW)],
    ['values within values', proves(list({ ...FIELDS, v: [1] }), row({ ...FIELDS, v: [1] }), ROW)],
    [
      'numbers that parsing rounds',
      proves(list({ ...FIELDS, n: 0.1 }), row({ ...FIELDS, n: 0.1 }), ROW),
    ],
    ['a 404', proves(good, entry({ ...envelope, project: FIELDS }, 404), ROW)],
    ['no JSON', proves(good, entry('<intervals/>'), ROW)],
    ['a body that is no list', proves(entry('[]'), row(FIELDS), ROW)],
    ['a list that is too long', proves(list(FIELDS, { x: 'x'.repeat(600_000) }), row(FIELDS), ROW)],
  ]
  for (const [what, isProven] of cases) t.notOk(isProven, what)
})

t.test('knows the last four lists of a place, and none from before a purge', async (t) => {
  const index = createListIndex()
  t.strictSame(index.keys('place', 0), [])
  for (const key of ['a', 'b', 'c', 'b', 'd', 'e']) index.note('place', key, 0)
  t.strictSame(index.keys('place', 0), ['e', 'd', 'b', 'c'])
  t.strictSame(index.keys('elsewhere', 0), [])
  t.strictSame(index.keys('place', 1), [])
  index.note('place', 'f', 1)
  t.strictSame(index.keys('place', 1), ['f'])
})

t.test('a row can wait for a list that is being fetched, even if the fetch fails', async (t) => {
  const index = createListIndex()
  t.equal(index.untilFetched('place'), undefined)
  index.fetching('place', Promise.reject(new Error('reset')))
  await t.resolves(index.untilFetched('place') ?? Promise.reject(new Error('nothing')))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(index.untilFetched('place'), undefined)
})
