import t from 'tap'
import { call, simulate, type Json } from './call.js'

const column = (rows: readonly Json[], name: string): readonly string[] =>
  rows.map((row) => String(row[name]))

t.test('a list is 10 rows from the first unless limit and offset say otherwise', async (t) => {
  const simulator = await simulate(t)
  const list = async (query: string): Promise<readonly string[]> =>
    column((await call(simulator, `task${query}`)).rows, 'id')
  t.equal((await list('')).length, 10)
  t.equal((await call(simulator, 'task')).json['listcount'], 2000)
  t.same(await list('?limit=2&offset=3'), ['360004', '360005'])
  t.same(await list('/?offset=1999'), ['362000'], 'both slash forms')
  t.equal((await list('?limit=0')).length, 2000, '0 is all')
  t.equal((await list('?limit=2147483647')).length, 2000)
  t.equal((await call(simulator, 'task?limit=x')).apiCode, '18')
})

t.test('limit=0 may also be nothing', async (t) => {
  const simulator = await simulate(t, { limitZero: 'none' })
  t.equal((await call(simulator, 'task?limit=0')).rows.length, 0)
})

t.test('filters by ids take one, several and none', async (t) => {
  const simulator = await simulate(t)
  const list = (query: string): ReturnType<typeof call> => call(simulator, `${query}&limit=0`)
  const one = await list('time?projectid=280001')
  t.ok(one.rows.length > 0 && one.rows.every((row) => row['projectid'] === '280001'))
  const two = await list('time?projectid=280001,280002')
  t.same(new Set(column(two.rows, 'projectid')), new Set(['280001', '280002']))
  t.same((await list('time?projectid=280001%2C280002')).text, two.text, 'encoded commas')
  const none = await list('project?clientid=-1')
  t.ok(none.rows.length > 0 && none.rows.every((row) => row['clientid'] === null))
  const assigned = await list('task?assigneeid=260001')
  t.ok(
    assigned.rows.some((row) => String(row['assigneeid']).includes(',')),
    'one of several',
  )
  t.ok(column(assigned.rows, 'assigneeid').every((csv) => csv.split(',').includes('260001')))
  t.same(column((await list('task?localid=00015,2')).rows, 'localid'), ['00002', '00015'])
  t.equal((await list('task?projectid=abc')).apiCode, '18')
})

t.test('filters by flags take t, f, true and false', async (t) => {
  const simulator = await simulate(t)
  const active = await call(simulator, 'client?active=t&limit=0')
  const same = await call(simulator, 'client?active=true&limit=0')
  const inactive = await call(simulator, 'client?active=false&limit=0')
  t.equal(active.text, same.text)
  t.equal(active.rows.length + inactive.rows.length, 40)
  t.ok(inactive.rows.every((row) => row['active'] === 'f'))
  t.equal((await call(simulator, 'client?active=maybe')).apiCode, '18')
})

t.test('filters by dates take days, both ends included', async (t) => {
  const simulator = await simulate(t)
  const dates = async (query: string): Promise<readonly string[]> =>
    column((await call(simulator, `time?${query}&limit=0`)).rows, 'date').toSorted()
  const range = await dates('datebegin=2026-06-01&dateend=2026-06-03')
  t.equal(range.at(0), '2026-06-01')
  t.equal(range.at(-1), '2026-06-03')
  t.same(new Set(await dates('date=2026/06/02')), new Set(['2026-06-02']), 'slashes too')
  const { rows } = await call(simulator, 'time?datemodifiedend=2025-07-01&limit=0')
  t.ok(rows.length > 0 && rows.every((row) => String(row['datemodified']) < '2025-07-02'))
  t.equal((await call(simulator, 'time?date=2026-02-30')).apiCode, '18')
})

t.test('searches look for parts, whatever the case', async (t) => {
  const simulator = await simulate(t)
  const { rows } = await call(simulator, 'client?search=HARBOUR&limit=0')
  t.ok(rows.length > 0 && rows.every((row) => /harbour/i.test(String(row['name']))))
  const people = await call(simulator, 'person?search=agencyadm02@example')
  t.same(column(people.rows, 'id'), ['260002'], 'contacts of people')
  t.equal((await call(simulator, 'task?title=home%20page&limit=1')).rows.length, 1)
})

t.test('filters that are rules of their own', async (t) => {
  const simulator = await simulate(t)
  const rows = async (path: string): Promise<readonly Json[]> =>
    (await call(simulator, `${path}&limit=0`)).rows
  t.ok((await rows('task?excludeclosed=t')).every((row) => row['status'] !== 'Closed'))
  t.ok((await rows('task?hasduedate=f')).every((row) => row['datedue'] === null))
  t.ok((await rows('invoice?status=paid')).every((row) => Number(row['balance']) <= 0))
  t.ok((await rows('invoice?status=outstanding')).every((row) => Number(row['balance']) > 0))
  t.ok((await rows('time?activeonly=t')).every((row) => row['active'] === 't'))
  const [timer] = await rows('timer?gettimerinfo=t')
  t.ok('task' in (timer ?? {}))
  t.ok((await rows('timer?generaltimers=t')).every((row) => row['taskid'] === null))
  const [withTimer] = await rows('task?localid=1&includetimerid=260005')
  t.ok('timerid' in (withTimer ?? {}))
})

t.test('task notes of no task are those of the last 7 days', async (t) => {
  const simulator = await simulate(t, { wallNow: () => Date.parse('2026-07-01T12:00:00Z') })
  const { rows } = await call(simulator, 'tasknote?limit=0')
  t.ok(rows.length > 0 && rows.every((row) => String(row['date']) >= '2026-06-24'))
  const wide = await call(simulator, 'tasknote?datebegin=2026-01-01&dateend=2026-02-01')
  t.equal(wide.apiCode, '18')
})

t.test('lists are sorted by what is named, numbers as numbers, nulls last', async (t) => {
  const simulator = await simulate(t)
  const sorted = async (path: string, name: string): Promise<readonly string[]> =>
    column((await call(simulator, `${path}&limit=0`)).rows, name)
  const names = await sorted('client?sortfield=name', 'name')
  const lower = names.map((name) => name.replace('&amp;', '&').replace('&eacute;', 'é'))
  t.same(
    lower
      .slice(0, 5)
      .map((name) => name.toLowerCase())
      .toSorted(),
    lower.slice(0, 5).map((name) => name.toLowerCase()),
  )
  const days = await sorted('time?sortfield=t.date&sortdir=desc', 'date')
  t.same(days, days.toSorted().toReversed())
  const hours = (await sorted('milestone?sortfield=estimate', 'estimate')).map(Number)
  t.same(
    hours,
    hours.toSorted((a, b) => a - b),
  )
  const due = await sorted('task?sortfield=datedue', 'datedue')
  t.equal(due.at(-1), 'null')
  t.equal((await call(simulator, 'task?sortfield=nonsense')).apiCode, '18')
  t.equal((await call(simulator, 'task?sortfield=id&sortdir=up')).apiCode, '18')
})

t.test('what is not a filter is refused', async (t) => {
  const simulator = await simulate(t)
  for (const path of ['task?page=2', 'time?datestart=2026-01-01', 'me?limit=1', 'quota?x=1']) {
    t.match(await call(simulator, path), { status: 400, apiCode: '17' }, path)
  }
  for (const path of ['invoiceitem', 'projectteam', 'personcontact', 'contactdescriptor/']) {
    t.match(await call(simulator, path), { status: 400, apiCode: '18' }, path)
  }
  t.match(await call(simulator, 'nope'), { status: 400, apiCode: '13' })
  t.match(await call(simulator, 'client/1/'), { status: 404, apiCode: '14' })
  t.match(await call(simulator, 'contacttype/1/'), { status: 400, apiCode: '15' })
  t.match(await call(simulator, 'task', { method: 'DELETE' }), { status: 400, apiCode: '16' })
  t.match(await call(simulator, 'task', { method: 'PATCH' }), { status: 400, apiCode: '16' })
  t.match(await call(simulator, 'group', { method: 'POST', body: {} }), { apiCode: '16' })
})

t.test('a 5 MB answer is possible', async (t) => {
  const simulator = await simulate(t)
  const { text, rows } = await call(simulator, 'time?limit=10000')
  t.equal(rows.length, 10_000)
  t.ok(text.length > 5_000_000)
})
