import t from 'tap'
import { createCollections, createEntry, resolvePolicies } from '../../src/cache/index.js'

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
const member = (fields: object, extra: object = {}) =>
  entry({ ...envelope, ...extra, project: fields })

t.test('a row with the same fields and more proves its member', async (t) => {
  const { proves } = createCollections()
  const others = [{ id: '6', name: 'Other' }]
  t.ok(proves(list(...others, { ...FIELDS, manager: 'Ann' }), member(FIELDS), ROW))
})

t.test('what cannot be said for certain is not proven', async (t) => {
  const { proves } = createCollections()
  const good = list(FIELDS)
  const cases: readonly (readonly [string, boolean])[] = [
    ['another value', proves(list({ ...FIELDS, name: 'New' }), member(FIELDS), ROW)],
    [
      'null is not missing',
      proves(list({ id: '7', name: 'Site', active: 't' }), member(FIELDS), ROW),
    ],
    ['a field that the list does not have', proves(good, member({ ...FIELDS, budget: '1' }), ROW)],
    ['the row is not in the list', proves(list({ ...FIELDS, id: '8' }), member(FIELDS), ROW)],
    ['another row', proves(good, member({ ...FIELDS, id: '8' }), ROW)],
    ['nothing but an id', proves(good, member({ id: '7' }), ROW)],
    ['another person', proves(good, member(FIELDS, { personid: 2 }), ROW)],
    ['an envelope with more', proves(good, member(FIELDS, { warning: 'x' }), ROW)],
    [
      'values within values',
      proves(list({ ...FIELDS, v: [1] }), member({ ...FIELDS, v: [1] }), ROW),
    ],
    [
      'numbers that parsing rounds',
      proves(list({ ...FIELDS, n: 0.1 }), member({ ...FIELDS, n: 0.1 }), ROW),
    ],
    ['an absence', proves(good, entry({ ...envelope, project: FIELDS }, 404), ROW)],
    ['no JSON', proves(good, entry('<intervals/>'), ROW)],
    ['a list that is none', proves(entry('[]'), member(FIELDS), ROW)],
    ['one that is too long', proves(list(FIELDS, { x: 'x'.repeat(600_000) }), member(FIELDS), ROW)],
  ]
  for (const [what, isProven] of cases) t.notOk(isProven, what)
})

t.test('the last four collections of a place are known, none from before a purge', async (t) => {
  const collections = createCollections()
  t.strictSame(collections.keys('place', 0), [])
  for (const key of ['a', 'b', 'c', 'b', 'd', 'e']) collections.note('place', key, 0)
  t.strictSame(collections.keys('place', 0), ['e', 'd', 'b', 'c'])
  t.strictSame(collections.keys('elsewhere', 0), [])
  t.strictSame(collections.keys('place', 1), [])
  collections.note('place', 'f', 1)
  t.strictSame(collections.keys('place', 1), ['f'])
})

t.test('what is being fetched can be waited for, however it ends', async (t) => {
  const collections = createCollections()
  t.equal(collections.landing('place'), undefined)
  collections.fetching('place', Promise.reject(new Error('reset')))
  await t.resolves(collections.landing('place') ?? Promise.reject(new Error('nothing')))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(collections.landing('place'), undefined)
})
