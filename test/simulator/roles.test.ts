import t from 'tap'
import type { SimulatedAccount } from '../../src/simulator/index.js'
import { basic, call, simulate } from './call.js'

t.test('the token tells account and person, the password is ignored', async (t) => {
  const simulator = await simulate(t)
  const agency = await call(simulator, 'me')
  const studio = await call(simulator, 'me/', { token: 'studioadm01' })
  t.match(agency.row, { firstname: 'Ada', group: 'Administrator' })
  t.match(studio.row, { firstname: 'Kai' })
  t.not(agency.json['personid'], studio.json['personid'])
  const empty = await call(simulator, 'me', {
    headers: { authorization: basic('agencyadm01', '') },
  })
  t.equal(empty.text, agency.text)
  const other = await call(simulator, `client/100001/`, { token: 'studioadm01' })
  t.equal(other.status, 404, "another account's row does not exist")
})

t.test('bad tokens are refused with 401', async (t) => {
  const simulator = await simulate(t)
  const bad = await call(simulator, 'me', { token: 'nosuchtoken' })
  t.match(bad, { status: 401, apiCode: '9' })
  t.equal(bad.json['personid'], null)
  t.match(bad.headers.get('www-authenticate'), /^Basic/)
  const none = await call(simulator, 'me', { headers: { authorization: '' } })
  t.match(none, { status: 401, apiCode: '9' })
  t.match(await call(simulator, 'me', { token: 'agencygone1' }), { status: 401, apiCode: '8' })
  const silent = await simulate(t, { wwwAuthenticate: false })
  const { headers } = await call(silent, 'me', { token: 'nosuchtoken' })
  t.equal(headers.get('www-authenticate'), null)
})

t.test('accounts that are not active are refused', async (t) => {
  const account = (name: string, state: SimulatedAccount['state']): SimulatedAccount => ({
    name,
    size: 'empty',
    people: [{ firstname: 'A', lastname: 'B', role: 'A', tokens: [name] }],
    ...(state === undefined ? {} : { state }),
  })
  const simulator = await simulate(t, {
    accounts: [
      account('inactive', 'inactive'),
      account('suspended', 'suspended'),
      account('banned', 'banned'),
      account('unpaid', 'unpaid'),
      account('fine', undefined),
    ],
  })
  t.match(await call(simulator, 'me', { token: 'inactive' }), { status: 401, apiCode: '3' })
  t.match(await call(simulator, 'me', { token: 'suspended' }), { status: 503, apiCode: '4' })
  t.match(await call(simulator, 'me', { token: 'banned' }), { status: 418, apiCode: '5' })
  t.match(await call(simulator, 'me', { token: 'unpaid' }), { status: 402, apiCode: '6' })
  t.match(await call(simulator, 'me', { token: 'fine' }), { status: 200 })
})

t.test('roles may do what the documents list', async (t) => {
  const simulator = await simulate(t)
  const refused = { status: 403, apiCode: '10' }
  t.match(await call(simulator, 'module', { token: 'agencyres01' }), refused)
  t.match(await call(simulator, 'worktype', { token: 'agencymgr01' }), refused)
  t.match(await call(simulator, 'invoice', { token: 'agencyres01' }), refused)
  t.match(await call(simulator, 'milestone', { token: 'agencyexe01' }), refused)
  const post = { method: 'POST', token: 'agencymgr01', body: { name: 'x' } }
  t.match(await call(simulator, 'client', post), refused)
  t.equal((await call(simulator, 'invoice', { token: 'agencyexe01' })).status, 200)
})

t.test('who is no administrator sees less', async (t) => {
  const simulator = await simulate(t)
  const { row } = await call(simulator, 'client?limit=1', { token: 'agencymgr01' })
  t.same(Object.keys(row), ['id', 'name', 'active', 'localidunpadded', 'localid'])
  const { row: expense } = await call(simulator, 'expense?limit=1', { token: 'agencyexe01' })
  t.notOk('expense' in expense)
  const all = await call(simulator, 'project?limit=0')
  const some = await call(simulator, 'project?limit=0', { token: 'agencyres01' })
  t.ok(some.rows.length > 0 && some.rows.length < all.rows.length, 'own projects only')
  const { rows } = await call(simulator, 'task?limit=0', { token: 'agencyres03' })
  t.ok(
    rows.length > 0 &&
      rows.every((row) =>
        [row['assigneeid'], row['ownerid'], row['followerid']].join(',').includes('260008'),
      ),
    'own tasks only',
  )
  const notes = await call(simulator, 'tasknote?datebegin=2020-01-01&limit=0', {
    token: 'agencyexe01',
  })
  t.ok(notes.rows.length > 0 && notes.rows.every((row) => row['public'] === 't'))
})

t.test('a team change changes what the person sees', async (t) => {
  const simulator = await simulate(t)
  const token = 'agencyres01'
  const { row } = await call(simulator, 'project?limit=1', { token })
  const id = String(row['id'])
  const body = [{ personid: '260006' }]
  await call(simulator, `projectteam/${id}/`, { method: 'DELETE', body })
  t.equal((await call(simulator, `project/${id}/`, { token })).status, 404)
  await call(simulator, `projectteam/${id}/`, { method: 'PUT', body })
  t.equal((await call(simulator, `project/${id}/`, { token })).status, 200)
})
