/** Requests that public client code sends, though the documentation does not mention them. */
import t from 'tap'
import { call, simulate, type Json } from '../call.js'

t.test('flags as 1 and 0, in filters and bodies', async (t) => {
  const simulator = await simulate(t)
  const open = await call(simulator, 'task?excludeclosed=1&limit=0')
  t.equal(open.text, (await call(simulator, 'task?excludeclosed=t&limit=0')).text)
  t.not(open.json['listcount'], (await call(simulator, 'task?excludeclosed=0')).json['listcount'])
  for (const active of [0, '0', false, 'f', 'false']) {
    const { row } = await call(simulator, 'client/100001/', { method: 'PUT', body: { active } })
    t.equal(row['active'], 'f', JSON.stringify(active))
  }
  t.equal((await call(simulator, 'task?excludeclosed=2')).apiCode, '18')
  const strict = await simulate(t, { numericFlags: false })
  t.equal((await call(strict, 'task?excludeclosed=1')).apiCode, '18')
  t.match(await call(strict, 'client/100001/', { method: 'PUT', body: { active: 1 } }), {
    apiCode: '18',
  })
})

t.test('records of documents and saved filters', async (t) => {
  const simulator = await simulate(t, { extraWrites: ['document', 'tasklistfilter'] })
  const post = (path: string, body: Json): ReturnType<typeof call> =>
    call(simulator, path, { method: 'POST', body })
  const record = { personid: '260002', title: 'Plan', notes: 'x', public: true, active: false }
  const { status, row } = await post('document/', record)
  t.equal(status, 201)
  t.match(row, { title: 'Plan', notes: 'x', public: 't', active: 'f', personid: '260002' })
  const filter = { personid: '260001', title: 'Mine', params: 'a=b', shared: 't', scheduled: 0 }
  const saved = await post('tasklistfilter/', { ...filter, date: '2026-07-01', subfilterid: 1 })
  t.match(saved, { status: 201, row: { title: 'Mine', subfilterid: '1', shared: 't' } })
  const path = `tasklistfilter/${String(saved.row['id'])}/`
  const renamed = await call(simulator, path, { method: 'PUT', body: { title: 'Ours' } })
  t.match(renamed, { status: 202, row: { title: 'Ours', person: 'Ada Berg' } })
  t.equal((await call(simulator, path, { method: 'DELETE' })).status, 200)
})

t.test('DELETE /projectteam/ with project and person in the query', async (t) => {
  const path = 'projectteam?projectid=280001&personid=260001'
  const simulator = await simulate(t)
  const team = async (): Promise<readonly string[]> =>
    (await call(simulator, 'projectteam/280001/')).row['personid'] as string[]
  t.ok((await team()).includes('260001'))
  t.match(await call(simulator, path, { method: 'DELETE' }), { status: 200 })
  t.notOk((await team()).includes('260001'))
  t.match(
    await call(simulator, 'projectteam?projectid=280001', { method: 'DELETE' }),
    { apiCode: '18' },
    'without a person',
  )
  const strict = await simulate(t, { teamByQuery: false })
  t.match(await call(strict, path, { method: 'DELETE' }), { apiCode: '16' })
})

t.test('milestone notes without a milestone, if the option allows it', async (t) => {
  const strict = await simulate(t)
  t.equal((await call(strict, 'milestonenote')).apiCode, '18', 'documented')
  const simulator = await simulate(t, { milestonenoteFilter: false })
  const { rows, status } = await call(simulator, 'milestonenote?limit=0')
  t.equal(status, 200)
  t.ok(new Set(rows.map((row) => row['milestoneid'])).size > 1)
  t.equal((await call(simulator, 'invoicenote')).apiCode, '18', 'others still require theirs')
})

t.test('error.verbose.value is there for every error, or for those with a detail', async (t) => {
  const verbose = ({ json }: { json: Json }): unknown =>
    (json['error'] as { verbose?: { value?: string } }).verbose?.value
  const simulator = await simulate(t, { minuteMax: 3 })
  t.equal(verbose(await call(simulator, 'nope')), 'nope')
  t.type(verbose(await call(simulator, 'task', { token: 'unknown' })), 'string')
  t.type(verbose(await call(simulator, 'time', { method: 'POST', body: {} })), 'string')
  const refused = await call(simulator, 'task')
  t.equal(refused.apiCode, '12')
  t.type(verbose(refused), 'string')
  const brief = await simulate(t, { errorVerbose: 'with-detail', minuteMax: 1 })
  t.equal(verbose(await call(brief, 'nope')), 'nope')
  t.equal(verbose(await call(brief, 'task')), undefined)
})

t.test('time of a task: project and module are ignored, whatever they are', async (t) => {
  const simulator = await simulate(t)
  const { row: task } = await call(simulator, 'task/360001/')
  const body = {
    taskid: '360001',
    projectid: '5',
    moduleid: 'x',
    billable: true,
    date: '2026-07-01',
    personid: '260001',
    time: 1,
    worktypeid: '430001',
    datemodified: '2026-07-01 10:00:00',
  }
  const { status, row } = await call(simulator, 'time', { method: 'POST', body })
  t.equal(status, 201)
  const { projectid, moduleid } = task
  t.match(row, { projectid, moduleid, datemodified: '2026-07-01 10:00:00' })
  t.match(
    await call(simulator, 'time', { method: 'POST', body: { ...body, taskid: '' } }),
    { apiCode: '18' },
    'general time needs real ones',
  )
})
