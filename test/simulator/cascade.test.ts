import t from 'tap'
import { call, simulate } from './call.js'

const remove = { method: 'DELETE' }

t.test('a deleted project takes along what belongs to it', async (t) => {
  const simulator = await simulate(t)
  const { row } = await call(simulator, 'task/360001/')
  const projectid = String(row['projectid'])
  await call(simulator, `project/${projectid}/`, remove)
  for (const name of [
    'task',
    'time',
    'milestone',
    'projectworktype',
    'projectmodule',
    'document',
  ]) {
    const { json } = await call(simulator, `${name}?projectid=${projectid}`)
    t.equal(json['listcount'], 0, name)
  }
  t.equal((await call(simulator, 'tasknote?taskid=360001')).json['listcount'], 0)
})

t.test('a deleted client takes its projects along, and lets go of its people', async (t) => {
  const simulator = await simulate(t)
  simulator.edit('agency', 'person', '260009', { clientid: '100001' })
  await call(simulator, 'client/100001/', remove)
  t.equal((await call(simulator, 'project?clientid=100001')).json['listcount'], 0)
  t.equal((await call(simulator, 'time?clientid=100001')).json['listcount'], 0)
  t.match((await call(simulator, 'person/260009')).row, { clientid: null, client: null })
})

t.test('without cascades the rows stay and lose the reference', async (t) => {
  const simulator = await simulate(t, { deleteCascade: false })
  const before = await call(simulator, 'project?clientid=-1')
  const of = await call(simulator, 'project?clientid=100001')
  await call(simulator, 'client/100001/', remove)
  const after = await call(simulator, 'project?clientid=-1')
  t.equal(after.json['listcount'], Number(before.json['listcount']) + Number(of.json['listcount']))
  t.equal((await call(simulator, 'time')).json['listcount'], 10_000)
})

t.test('a deleted person loses the time, and hands the work on', async (t) => {
  const simulator = await simulate(t)
  const { rows } = await call(simulator, 'task?ownerid=260004&limit=1')
  await call(simulator, 'person/260004/', remove)
  t.equal((await call(simulator, 'time?personid=260004')).json['listcount'], 0)
  t.match((await call(simulator, `task/${String(rows[0]?.['id'])}/`)).row, { ownerid: '260001' })
  t.match(await call(simulator, 'me', { token: 'agencymgr01' }), { status: 401, apiCode: '7' })
  t.match(await call(simulator, 'person/260001/', remove), { apiCode: '18' }, 'not oneself')
})

t.test('a deleted milestone or invoice is taken out of what named it', async (t) => {
  const simulator = await simulate(t)
  const tasks = await call(simulator, 'task?limit=0')
  const task = tasks.rows.find((row) => row['milestoneid'] !== null) ?? {}
  await call(simulator, `milestone/${String(task['milestoneid'])}/`, remove)
  const { row } = await call(simulator, `task/${String(task['id'])}/`)
  t.match(row, { milestoneid: null, milestone: null })
  const { rows } = await call(simulator, 'payment?limit=1')
  const invoiceid = String(rows[0]?.['invoiceid'])
  await call(simulator, `invoice/${invoiceid}/`, remove)
  t.equal((await call(simulator, `payment/${String(rows[0]?.['id'])}/`)).row['invoiceid'], null)
  t.equal((await call(simulator, `invoiceitem?invoiceid=${invoiceid}`)).json['listcount'], 0)
})
