import t from 'tap'
import { call, simulate, type Json } from '../call.js'

const idsOf = (rows: readonly Json[]): readonly string[] => rows.map((row) => String(row['id']))

t.test('list rows may have fewer fields than members: no long texts', async (t) => {
  const simulator = await simulate(t, { listFields: 'fewer' })
  const list = Object.keys((await call(simulator, 'client?limit=1')).row)
  const member = Object.keys((await call(simulator, 'client/100001/')).row)
  t.same(
    member.filter((field) => !list.includes(field)),
    ['description', 'address'],
  )
})

t.test('list rows may have more fields than members: names of related rows', async (t) => {
  const simulator = await simulate(t, { listFields: 'more' })
  const list = (await call(simulator, 'task?limit=1')).row
  const member = (await call(simulator, 'task/360001/')).row
  t.ok('project' in list && 'clientid' in list && 'status' in list)
  t.notOk('project' in member || 'clientid' in member || 'status' in member)
  t.equal(member['title'], list['title'])
})

t.test(
  'texts of list rows may be cut; those of members, and ids and names, are whole',
  async (t) => {
    const simulator = await simulate(t, { listTextMax: 4 })
    simulator.edit('agency', 'project', '280001', { name: 'A long name' })
    const list = (await call(simulator, 'project?limit=1')).row
    t.match(list, { id: '280001', name: 'A lo' })
    t.equal((await call(simulator, 'project/280001/')).row['name'], 'A long name')
    t.equal(
      (await call(simulator, 'task?projectid=280001&limit=1')).row['project'],
      'A long name',
      'the name of another row',
    )
  },
)

t.test('null and empty fields may be omitted, everywhere', async (t) => {
  const simulator = await simulate(t, { omitEmpty: true })
  for (const path of ['client?limit=0', 'task?limit=0', 'person/260001/']) {
    const { rows } = await call(simulator, path)
    t.ok(
      rows.every((row) => Object.values(row).every((cell) => cell !== null && cell !== '')),
      path,
    )
  }
})

t.test('ids may be numbers; padded numbers and lists of ids stay strings', async (t) => {
  const simulator = await simulate(t, { idType: 'number' })
  const { row } = await call(simulator, 'task/360001/')
  t.match(row, { id: 360_001, localid: '00001' })
  t.type(row['projectid'], 'number')
  simulator.edit('agency', 'task', '360001', { assigneeid: '260001,260002' })
  t.equal((await call(simulator, 'task/360001/')).row['assigneeid'], '260001,260002')
  const team = (await call(simulator, 'projectteam/280001/')).row['personid'] as unknown[]
  t.ok(team.every((id) => typeof id === 'number'))
})

t.test('a filter with several ids', async (t) => {
  const list = 'task?projectid=280002,280001,280003&limit=0'
  const plain = await simulate(t)
  const all = (await call(plain, list)).rows
  const idsOfProject = async (id: string) =>
    idsOf((await call(plain, `task?projectid=${id}&limit=0`)).rows)

  const ignored = await simulate(t, { idLists: 'ignored' })
  t.equal((await call(ignored, list)).json['listcount'], 2000, 'ignored')
  t.same(
    idsOf((await call(ignored, 'task?projectid=280001&limit=0')).rows),
    await idsOfProject('280001'),
    'one id is not',
  )
  const refused = await simulate(t, { idLists: 'refused' })
  t.match(await call(refused, list), { status: 400, apiCode: '18' }, 'refused')
  const reordered = await simulate(t, { idLists: 'reordered' })
  const rows = (await call(reordered, list)).rows
  t.same(idsOf(rows).toSorted(), idsOf(all).toSorted(), 'reordered: the same rows')
  t.same(
    idsOf(rows),
    [
      ...(await idsOfProject('280002')),
      ...(await idsOfProject('280001')),
      ...(await idsOfProject('280003')),
    ],
    'in the order of the ids',
  )
  const truncated = await simulate(t, { idLists: 'truncated' })
  t.same(
    new Set((await call(truncated, list)).rows.map((row) => row['projectid'])),
    new Set(['280001', '280002']),
    'truncated to the first half',
  )
})

t.test('a filter with several ids may never be answered', async (t) => {
  const simulator = await simulate(t, { idLists: 'unanswered' })
  t.equal((await call(simulator, 'task?projectid=280001')).status, 200)
  const hung = call(simulator, 'task?projectid=280001%2C280002')
  hung.catch(() => {})
  await simulator.untilArrival(2)
  t.equal((await call(simulator, 'client')).status, 200, 'others are')
  await simulator.close()
  await t.rejects(hung)
})

t.test('unknown filters may be ignored, in lists and members', async (t) => {
  const simulator = await simulate(t, { unknownFilters: 'ignored' })
  t.equal((await call(simulator, 'task?page=2')).json['listcount'], 2000)
  t.equal((await call(simulator, 'task/360001/?page=2')).status, 200)
})

t.test('limit may have a silent maximum', async (t) => {
  const simulator = await simulate(t, { limitMax: 15 })
  const { rows, json } = await call(simulator, 'task?limit=1000')
  t.equal(rows.length, 15)
  t.equal(json['listcount'], 2000)
  t.equal((await call(simulator, 'task?limit=0')).rows.length, 15)
  t.equal((await call(simulator, 'task?limit=5')).rows.length, 5)
})

t.test('listcount may be that of the page, or missing', async (t) => {
  const page = await simulate(t, { listcount: 'page' })
  t.equal((await call(page, 'task?limit=7')).json['listcount'], 7)
  const absent = await simulate(t, { listcount: 'absent' })
  t.notOk('listcount' in (await call(absent, 'task')).json)
  const xml = await call(absent, 'task', { headers: { accept: 'application/xml' } })
  t.notMatch(xml.text, 'listcount')
})

t.test('the default order may differ between one id and several', async (t) => {
  const simulator = await simulate(t, { listOrder: 'changed', severalIdsOrder: 'newest' })
  const one = 'task?projectid=280001'
  const last = (await call(simulator, `${one}&limit=0&sortfield=id`)).rows.at(0)?.['id']
  await call(simulator, `task/${String(last)}/`, { method: 'PUT', body: { title: 'Changed' } })
  t.equal((await call(simulator, one)).row['id'], last, 'the changed row is first')
  const several = idsOf((await call(simulator, `${one},280002&limit=0`)).rows)
  t.same(several, several.toSorted().toReversed(), 'newest first')
  const sorted = idsOf((await call(simulator, `${one}&sortfield=id&limit=0`)).rows)
  t.same(sorted, sorted.toSorted(), 'a sort field decides')
})
