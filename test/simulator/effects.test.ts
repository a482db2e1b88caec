import t from 'tap'
import { call, simulate, type Json } from './call.js'

const wallNow = (): number => Date.parse('2026-07-01T12:00:00Z')

t.test('a renamed client and an edited status show wherever they are embedded', async (t) => {
  const simulator = await simulate(t)
  const { row } = await call(simulator, 'time?limit=1')
  const put = { method: 'PUT', body: { name: 'Renamed' } }
  await call(simulator, `client/${String(row['clientid'])}/`, put)
  for (const path of [
    'time?limit=1',
    `task/${String(row['taskid'])}/`,
    `project/${String(row['projectid'])}/`,
  ]) {
    t.match((await call(simulator, path)).row, { client: 'Renamed' }, path)
  }
  const { row: task } = await call(simulator, 'task/360001/')
  simulator.edit('agency', 'taskstatus', String(task['statusid']), { name: 'Ended' })
  t.match((await call(simulator, 'task/360001/')).row, { status: 'Ended' })
  t.throws(() => simulator.edit('agency', 'task', '1', {}), TypeError)
  t.throws(() => simulator.edit('nobody', 'task', '360001', {}), TypeError)
})

t.test('time changes the sums of task, milestone and project work type', async (t) => {
  const simulator = await simulate(t)
  const tasks = await call(simulator, 'task?limit=0')
  const task = tasks.rows.find((row) => row['milestoneid'] !== null) ?? {}
  const rate = `projectworktype?projectid=${String(task['projectid'])}&limit=1`
  const sums = async (): Promise<readonly number[]> => [
    Number((await call(simulator, `task/${String(task['id'])}/`)).row['actual']),
    Number((await call(simulator, `milestone/${String(task['milestoneid'])}/`)).row['actual']),
    Number((await call(simulator, rate)).row['total']),
  ]
  const [actual = 0, milestone = 0, total = 0] = await sums()
  const entry = {
    billable: 't',
    date: '2026-07-01',
    personid: '260001',
    time: '2',
    worktypeid: '430001',
  }
  const body = { ...entry, taskid: task['id'] }
  const { row } = await call(simulator, 'time', { method: 'POST', body })
  t.same(await sums(), [actual + 2, milestone + 2, total + 300])
  await call(simulator, `time/${String(row['id'])}/`, { method: 'DELETE' })
  t.same(await sums(), [actual, milestone, total])
})

t.test('items and payments change an invoice', async (t) => {
  const simulator = await simulate(t, { wallNow })
  const invoice = { projectid: '280001', date: '2026-05-01', termid: '2', title: 'I', tax: '10' }
  const { row } = await call(simulator, 'invoice', { method: 'POST', body: invoice })
  const invoiceid = row['id']
  const read = async (): Promise<Json> =>
    (await call(simulator, `invoice/${String(invoiceid)}/`)).row
  const item = { invoiceid, name: 'Work', amount: '100' }
  await call(simulator, 'invoiceitem', { method: 'POST', body: item })
  t.match(await read(), {
    subtotal: '100.00',
    total: '110.00',
    balance: '110.00',
    datedue: '2026-05-11',
    daysoverdue: '51',
    datepaid: null,
  })
  const payment = { projectid: '280001', date: '2026-06-01', amount: '110', typeid: '1', invoiceid }
  await call(simulator, 'payment', { method: 'POST', body: payment })
  t.match(await read(), { balance: '0.00', datepaid: '2026-06-01', daysoverdue: '0' })
})

t.test('an invoice with both dates is filled from billable time', async (t) => {
  const simulator = await simulate(t)
  const { rows } = await call(simulator, 'time?projectid=280001&billable=t&limit=0')
  const range = { datebegin: '2025-01-01', dateend: '2026-12-31' }
  const body = { projectid: '280001', date: '2026-06-30', termid: '1', title: 'I', ...range }
  const { row } = await call(simulator, 'invoice', { method: 'POST', body })
  const items = await call(simulator, `invoiceitem?invoiceid=${String(row['id'])}&limit=0`)
  const hours = items.rows.reduce((sum, item) => sum + Number(item['quantity']), 0)
  t.equal(
    hours,
    rows.reduce((sum, entry) => sum + Number(entry['time']), 0),
  )
})

t.test('a changed task leaves a note unless the header forbids it', async (t) => {
  const simulator = await simulate(t)
  const count = async (): Promise<number> =>
    Number((await call(simulator, 'tasknote?taskid=360002')).json['listcount'])
  const before = await count()
  const put = { method: 'PUT', body: { title: 'Changed' } }
  await call(simulator, 'task/360002/', put)
  t.equal(await count(), before + 1)
  const headers = { 'X-Intervals-Disable-Action-Notes': 't' }
  await call(simulator, 'task/360002/', { method: 'PUT', body: { title: 'Again' }, headers })
  t.equal(await count(), before + 1)
})

t.test('closing a task dates it, moving it takes its time along', async (t) => {
  const simulator = await simulate(t, { wallNow })
  const put = (body: Json): ReturnType<typeof call> =>
    call(simulator, 'task/360003/', { method: 'PUT', body })
  t.match((await put({ statusid: '400002' })).row, { dateclosed: null, status: 'Open' })
  t.match((await put({ statusid: '400006' })).row, { dateclosed: '2026-07-01', status: 'Closed' })
  await put({ projectid: '280009' })
  const { rows } = await call(simulator, 'time?taskid=360003&limit=0')
  t.ok(rows.every((row) => row['projectid'] === '280009'))
})

t.test('a new project gets team, modules and work types', async (t) => {
  const simulator = await simulate(t)
  const body = {
    name: 'P',
    active: 't',
    billable: 't',
    datestart: '2026-07-01',
    managerid: '260004',
  }
  const { row } = await call(simulator, 'project', { method: 'POST', body })
  const id = String(row['id'])
  const team = await call(simulator, `projectteam/${id}`)
  t.same(team.row['personid'], ['260001', '260002', '260003', '260004'])
  t.equal((await call(simulator, `projectmodule?projectid=${id}`)).json['listcount'], 6)
  t.equal((await call(simulator, `projectworktype?projectid=${id}`)).json['listcount'], 5)
  const custom = { projectid: id, active: 't', module: 'Own' }
  const own = await call(simulator, 'projectmodule', { method: 'POST', body: custom })
  t.match(own.row, { module: 'Own' })
})

t.test('a new person with an address has a contact and shows no password', async (t) => {
  const simulator = await simulate(t)
  const body = { firstname: 'N', active: 't', private: 'f', email: 'n@example.com', password: 'p' }
  const { row, text } = await call(simulator, 'person', { method: 'POST', body })
  t.notMatch(text, 'n@example.com')
  const contacts = await call(simulator, `personcontact?personid=${String(row['id'])}`)
  t.match(contacts.row, { value: 'n@example.com', contact_type_id: '1' })
})

t.test('timers run by the clock', async (t) => {
  let nowMs = wallNow()
  const simulator = await simulate(t, { wallNow: () => nowMs })
  const body = { personid: '260001', taskid: '360004' }
  const { row } = await call(simulator, 'timer', { method: 'POST', body })
  t.match(row, { isrunning: 't', starttime: '2026-07-01 12:00:00', totaltime: '0' })
  nowMs += 90_000
  const path = `timer/${String(row['id'])}/`
  t.match((await call(simulator, path)).row, { timelapsed: '90', totaltime: '90' })
  const stop = { method: 'PUT', body: { time: '90', starttime: '' } }
  t.match((await call(simulator, path, stop)).row, { isrunning: 'f', totaltime: '90' })
  t.equal((await call(simulator, 'timer', { method: 'POST', body })).apiCode, '18', 'only one')
})
