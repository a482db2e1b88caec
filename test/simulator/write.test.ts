import t from 'tap'
import { call, simulate, type Json } from './call.js'

const wallNow = (): number => Date.parse('2026-07-01T12:00:00Z')
const newTask: Json = {
  title: 'A & "B"',
  dateopen: '2026-07-01',
  moduleid: 230_001,
  ownerid: 260_001,
  priorityid: '390001',
  projectid: '280001',
  statusid: '400002',
}

t.test('POST creates, PUT updates, DELETE deletes', async (t) => {
  const simulator = await simulate(t, { wallNow })
  const created = await call(simulator, 'task', { method: 'POST', body: newTask })
  t.match(created, { status: 201, json: { status: 'Created', code: '201' } })
  t.match(created.row, {
    id: '362001',
    localid: '02001',
    title: 'A &amp; &quot;B&quot;',
    datemodified: '2026-07-01 12:00:00',
    owners: 'Ada Berg',
    actual: '0.00',
  })
  const body = { title: 'C', datedue: '2026-08-01' }
  const updated = await call(simulator, 'task/362001/', { method: 'PUT', body })
  t.match(updated, {
    status: 202,
    json: { status: 'Accepted' },
    row: { title: 'C', severity: /./ },
  })
  const deleted = await call(simulator, 'task/362001', { method: 'DELETE' })
  t.match(deleted, { status: 200, json: { status: 'OK' } })
  t.match(deleted.text, '"task":[]')
  t.equal((await call(simulator, 'task/362001/')).status, 404)
})

t.test('an id makes any write an update, its absence a creation', async (t) => {
  const simulator = await simulate(t)
  const body = { title: 'D' }
  t.match(await call(simulator, 'task/360001/', { method: 'POST', body }), { status: 202 })
  t.match(await call(simulator, 'task?id=360001', { method: 'POST', body }), { status: 202 })
  const inBody = { ...body, id: '360001' }
  t.match(await call(simulator, 'task', { method: 'POST', body: inBody }), { status: 202 })
  t.match(await call(simulator, 'task/', { method: 'PUT', body: newTask }), { status: 201 })
  t.match(await call(simulator, 'task/1/', { method: 'PUT', body }), { status: 404, apiCode: '14' })
})

t.test('bodies may be XML', async (t) => {
  const simulator = await simulate(t)
  const { status, row } = await call(simulator, 'client', {
    method: 'POST',
    headers: { 'content-type': 'application/xml' },
    body:
      '<?xml version="1.0"?><client><name>A &amp; B&#33;</name><active>true</active>' +
      '<datecreated>2026-07-01</datecreated><fax/><address><![CDATA[<b>]]></address></client>',
  })
  t.equal(status, 201)
  t.match(row, { name: 'A &amp; B!', active: 't', fax: '', address: '&lt;b&gt;' })
  for (const body of ['<client>', '<client><a><b/></a></client>', '{', '[1]', 'null']) {
    const headers = { 'content-type': body.startsWith('<') ? 'text/xml' : 'application/json' }
    const answer = await call(simulator, 'client', { method: 'POST', headers, body })
    t.match(answer, { status: 400, apiCode: '18' }, body)
  }
})

t.test('bodies are held to the table', async (t) => {
  const simulator = await simulate(t)
  const post = (path: string, body: Json): ReturnType<typeof call> =>
    call(simulator, path, { method: 'POST', body })
  t.match(await post('task', { ...newTask, worktype: 'x' }), { status: 400, apiCode: '17' })
  t.match(await post('task', { ...newTask, title: '' }), { apiCode: '18' })
  t.match(await post('task', { ...newTask, projectid: '5' }), { apiCode: '18' }, 'no such project')
  t.match(await post('task', { ...newTask, dateopen: 'soon' }), { apiCode: '18' })
  t.match(await post('task', { ...newTask, assigneeid: '260001,260002' }), { status: 201 })
  t.match(await post('client', { name: 'x', active: 'y', datecreated: '2026-01-01' }), {
    apiCode: '18',
  })
  const note = { taskid: '360001', public: 'f', note: 'a\nb<script>x</script>' }
  t.match((await post('tasknote', note)).row, { note: 'a\r\nb', authorid: '260001' })
})

t.test('time is of a task or of a project and module, by who and what is on it', async (t) => {
  const simulator = await simulate(t)
  const entry = {
    billable: true,
    date: '2026-07-01',
    personid: 260_001,
    time: 1.5,
    worktypeid: 430_001,
  }
  const post = (body: Json): ReturnType<typeof call> =>
    call(simulator, 'time', { method: 'POST', body: { ...entry, ...body } })
  const { row: task } = await call(simulator, 'task/360001/')
  const { row } = await post({ taskid: '360001', projectid: '280001' })
  t.match(row, { projectid: task['projectid'], moduleid: task['moduleid'], time: '1.5' })
  t.match(await post({ projectid: '280001', moduleid: '230001' }), { status: 201 })
  t.match(await post({ projectid: '280001' }), { apiCode: '18' })
  t.match(await post({ taskid: '360001', worktypeid: '330001' }), { apiCode: '18' }, 'row id')
  t.match(await post({ taskid: '360001', time: 1.887 }), { apiCode: '18' }, 'too precise')
})

t.test('resource users own what they create', async (t) => {
  const simulator = await simulate(t)
  const token = 'agencyres01'
  const { row: project } = await call(simulator, 'project?limit=1', { token })
  const body = { ...newTask, projectid: project['id'] }
  t.match(await call(simulator, 'task', { method: 'POST', token, body }), { apiCode: '18' })
  const own = { ...body, ownerid: '260006' }
  t.match(await call(simulator, 'task', { method: 'POST', token, body: own }), { status: 201 })
})

t.test('a project team is one object, written person by person', async (t) => {
  const simulator = await simulate(t)
  const path = 'projectteam/280001/'
  const team = async (): Promise<unknown> =>
    (await call(simulator, 'projectteam?projectid=280001')).row['personid']
  const body = [{ personid: '260004', securenotes: 't' }, { personid: '260006' }]
  const added = await call(simulator, path, { method: 'PUT', body })
  t.match(added, { status: 202, row: { projectid: '280001' } })
  t.ok(((await team()) as string[]).includes('260006'))
  const removed = await call(simulator, path, { method: 'DELETE', body: { personid: '260006' } })
  t.match(removed.text, '"projectteam":[]')
  t.notOk(((await team()) as string[]).includes('260006'))
  t.match(await call(simulator, path, { method: 'DELETE' }), { apiCode: '18' })
  const post = { projectid: '280001', personid: '260006' }
  t.match(await call(simulator, 'projectteam', { method: 'POST', body: post }), { status: 201 })
})

t.test('read-only resources can be opened to administrators', async (t) => {
  const simulator = await simulate(t, { extraWrites: ['projectlabel'] })
  const post = { method: 'POST', body: { name: 'Urgent', color: 'ff0000', priority: 9 } }
  t.match(await call(simulator, 'projectlabel', post), { status: 201, row: { name: 'Urgent' } })
  const { apiCode } = await call(simulator, 'projectlabel', { ...post, token: 'agencymgr01' })
  t.equal(apiCode, '10')
})
