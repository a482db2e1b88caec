import t from 'tap'
import { combinedList, listedRows } from '../../src/list-revalidation/batch-comparison.js'

const PAGE = { filter: 'projectid', page: { limit: 3, offset: 0 } } as const
const envelope = { personid: 1, status: 'OK', code: 200 }
const row = (id: string, projectid: string | null | number, title = 'Task') => ({
  id,
  projectid,
  title,
})
const list = (rows: readonly object[], extra: object = {}) => ({
  status: 200,
  body: Buffer.from(JSON.stringify({ ...envelope, listcount: rows.length, task: rows, ...extra })),
})

t.test('proves the lists whose rows are unchanged, and no others', async (t) => {
  const combined = combinedList(
    list([row('1', '3'), row('2', '5', 'New'), row('3', '3'), row('4', '7')]),
    'task',
    PAGE,
  )
  t.ok(combined?.proves(list([row('1', '3'), row('3', '3')]), '3'))
  t.notOk(combined?.proves(list([row('2', '5')]), '5'), 'edited')
  t.ok(combined?.proves(list([row('4', '7')]), '7'))
})

t.test('proves a page by the rows on it', async (t) => {
  const rows = ['1', '2', '3', '4', '5'].map((id) => row(id, '3'))
  const now = list([...rows, row('9', '5')])
  const ofThree = (shown: readonly object[]) => list(shown, { listcount: '5' })
  const proves = (offset: number, shown: readonly object[]) =>
    combinedList(now, 'task', { ...PAGE, page: { limit: 3, offset } })?.proves(ofThree(shown), '3')
  t.ok(proves(0, rows.slice(0, 3)))
  t.ok(proves(3, rows.slice(3)))
  t.notOk(proves(0, rows.slice(3)))
  t.notOk(proves(5, []), 'a page without rows')
})

t.test('proves nothing that is uncertain', async (t) => {
  const now = [row('1', '3'), row('2', '3'), row('3', '5')]
  const combined = combinedList(list(now), 'task', PAGE)
  const before = now.slice(0, 2)
  t.ok(combined?.proves(list(before), '3'))
  const cases: readonly (readonly [string, ReturnType<typeof list>, string])[] = [
    ['a row was removed', list([...before, row('4', '3')]), '3'],
    ['a row was added', list([row('1', '3')]), '3'],
    ['another order', list(before.toReversed()), '3'],
    ['an added field', list([row('1', '3'), { ...row('2', '3'), more: 'x' }]), '3'],
    ['a missing field', list([row('1', '3'), { id: '2', projectid: '3' }]), '3'],
    ['another count', list(before, { listcount: 3 }), '3'],
    ['another person', list(before, { personid: 2 }), '3'],
    ['an envelope with an added field', list(before, { warning: 'x' }), '3'],
    ['no rows before, some now', list([]), '3'],
    ['no rows, and nothing shows that the upstream looked for this id', list([]), '8'],
    ['a 404', { ...list(before), status: 404 }, '3'],
    ['no JSON', { status: 200, body: Buffer.from('<intervals/>') }, '3'],
    ['no count', list(before, { listcount: null }), '3'],
  ]
  for (const [what, stored, id] of cases) t.notOk(combined?.proves(stored, id), what)
})

t.test('an incomplete combined list proves nothing', async (t) => {
  const rows = [row('1', '3'), row('2', '5')]
  const of = (body: ReturnType<typeof list>) => combinedList(body, 'task', PAGE)
  t.ok(of(list(rows)))
  t.notOk(of(list(rows, { listcount: 3 })), 'cut off')
  t.notOk(of(list([...rows, row('3', null)])), 'a row without a project')
  t.notOk(of(list([...rows, { id: '3', title: 'Task' }])), 'a row without the field of the filter')
  t.notOk(of({ ...list(rows), status: 404 }))
  t.notOk(of(list(rows, { task: {} })))
  t.ok(of(list([row('1', 3)]))?.proves(list([row('1', 3)]), '3'), 'an id as a number')
})

t.test('reads the row count without parsing the body', async (t) => {
  t.equal(listedRows(list([row('1', '3')], { listcount: 1 })), 1)
  t.equal(listedRows({ body: Buffer.from('{"personid":1,"listcount":"12","task":[') }), 12)
  t.equal(listedRows({ body: Buffer.from('{"task":[]}') }), undefined)
})
