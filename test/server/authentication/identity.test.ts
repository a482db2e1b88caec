import t from 'tap'
import { basic, problemOf } from '../client.js'
import { buildGateway, consumer, hashOf, keyOf, withKey } from './setup.js'

const TWO = { ...consumer('timesheet', { write: ['time'] }), ...consumer('dashboard') }

t.test('an unmodified client works with a key in the place of its token', async (t) => {
  const { ask, sim, direct } = await buildGateway(t, { settings: { consumers: TWO } })
  const truth = await direct('/client/')
  sim.clearArrivals()
  const answer = await ask('/client/', withKey('timesheet'))
  t.equal(answer.status, 200)
  t.ok(answer.body.equals(truth.body))
  t.equal(sim.arrivals.length, 1)
  t.equal(sim.arrivals[0]?.token, 'agencyadm01')
  t.equal(sim.arrivals[0]?.headers.authorization, basic('agencyadm01'))

  const bearer = { token: null, headers: { authorization: `Bearer ${keyOf('dashboard')}` } }
  const shared = await ask('/client/', bearer)
  t.match(shared.headers['cache-status'], /; hit/, 'one credential upstream, one stored answer')
  t.ok(shared.body.equals(truth.body))
  t.equal(sim.arrivals.length, 1)
})

t.test('writes go out under the credential as well', async (t) => {
  const { ask, sim } = await buildGateway(t, { settings: { consumers: TWO } })
  const body = JSON.stringify({ personid: 1, worktypeid: 1, projectid: 1, moduleid: 1, time: 1 })
  await ask('/time/', withKey('timesheet', { method: 'POST', body }))
  t.equal(sim.arrivals.length, 1)
  t.equal(sim.arrivals[0]?.headers.authorization, basic('agencyadm01'))
  t.notMatch(JSON.stringify(sim.arrivals[0]?.headers), new RegExp(keyOf('timesheet')))
})

t.test('who is not let in costs no call', async (t) => {
  const settings = {
    consumers: { ...TWO, ...consumer('old', { expires: '2020-01-01' }) },
    accounts: { main: { tokens: [hashOf('agencyadm02')] } },
  }
  const { ask, sim, lines } = await buildGateway(t, { settings })
  const strangers: readonly (readonly [string, object, string])[] = [
    ['an unknown key', { token: 'who-is-this' }, 'KEY_UNKNOWN'],
    ['the real credential', { token: 'agencyadm01' }, 'KEY_UNKNOWN'],
    ['the hash of a key', { token: hashOf(keyOf('timesheet')) }, 'KEY_UNKNOWN'],
    ['a key in other letters', { token: keyOf('timesheet').toUpperCase() }, 'KEY_UNKNOWN'],
    ['nothing', { token: null }, 'KEY_UNKNOWN'],
    ['another scheme', { token: null, headers: { authorization: 'Digest x' } }, 'KEY_UNKNOWN'],
    ['half of Basic', { token: null, headers: { authorization: 'Basic' } }, 'KEY_UNKNOWN'],
    [
      'a name alone',
      { token: null, headers: { 'intervals-proxy-consumer': 'timesheet' } },
      'KEY_UNKNOWN',
    ],
    ['an expired key', withKey('old'), 'KEY_EXPIRED'],
  ]
  for (const [who, request, reason] of strangers) {
    const answer = await ask('/client/', request)
    t.equal(answer.status, 401, who)
    t.equal(problemOf(answer).error.reason, reason, who)
    t.match(answer.headers['www-authenticate'], /^Basic/)
  }
  t.equal(sim.arrivals.length, 0)
  t.equal((await ask('/client/', { token: 'agencyadm02' })).status, 200, 'a token that is listed')
  const log = JSON.stringify(lines)
  for (const secret of ['who-is-this', keyOf('timesheet'), 'agencyadm01', keyOf('old')]) {
    t.notMatch(log, new RegExp(secret))
    t.notMatch(log, new RegExp(basic(secret).slice(6)))
  }
  t.comment(`${strangers.length} strangers, no call`)
})

t.test('an address that keeps guessing is told to wait, and who has a key is not', async (t) => {
  const { ask, clock } = await buildGateway(t, { settings: { consumers: TWO } })
  for (let i = 0; i < 10; i++) t.equal((await ask('/client/', { token: `guess${i}` })).status, 401)
  const slowed = await ask('/client/', { token: 'guess' })
  t.equal(slowed.status, 429)
  t.ok(Number(slowed.headers['retry-after']) > 0)
  t.equal((await ask('/client/', withKey('timesheet'))).status, 200)
  clock.advance(61_000)
  t.equal((await ask('/client/', { token: 'guess' })).status, 401)
})

t.test(
  'rights: read-only unless the configuration says more, and a refusal costs nothing',
  async (t) => {
    const consumers = {
      ...TWO,
      ...consumer('narrow', { read: ['client', 'project'], write: 'all' }),
      ...consumer('mute', { read: 'none' }),
    }
    const { ask, sim } = await buildGateway(t, { settings: { consumers } })
    const TABLE: readonly (readonly [string, string, string, boolean])[] = [
      ['dashboard', 'GET', '/client/', true],
      ['dashboard', 'HEAD', '/client/', true],
      ['dashboard', 'POST', '/client/', false],
      ['dashboard', 'PUT', '/client/1/', false],
      ['dashboard', 'DELETE', '/client/1/', false],
      ['dashboard', 'PATCH', '/client/1/', false],
      ['dashboard', 'OPTIONS', '/client/', true],
      ['mute', 'OPTIONS', '/client/', false],
      ['dashboard', 'GET', '/not-known/', true],
      ['timesheet', 'PUT', '/time/1/', true],
      ['timesheet', 'PUT', '/client/1/', false],
      ['timesheet', 'PUT', '/not-known/', false],
      ['narrow', 'GET', '/client/1/', true],
      ['narrow', 'GET', '/task/', false],
      ['narrow', 'GET', '/quota/', false],
      ['narrow', 'GET', '/not-known/', false],
      ['narrow', 'PUT', '/not-known/', true],
      ['mute', 'GET', '/client/', false],
    ]
    for (const [name, method, path, isAllowed] of TABLE) {
      sim.clearArrivals()
      const body = method === 'GET' || method === 'HEAD' ? undefined : '{}'
      const answer = await ask(path, withKey(name, { method, ...(body !== undefined && { body }) }))
      const what = `${name} ${method} ${path}`
      t.equal(answer.status === 403, !isAllowed, `${what}: ${answer.status}`)
      if (isAllowed) continue
      t.equal(sim.arrivals.length, 0, what)
      if (method !== 'HEAD') t.equal(problemOf(answer).error.reason, 'NOT_ALLOWED')
    }
  },
)

t.test('accounts keep apart: their stored answers, their days and their writes', async (t) => {
  const accounts = { agency: { plan: 1_000 }, studio: { plan: 1_000 } }
  const consumers = {
    ...consumer('a', { account: 'agency', write: 'all' }),
    ...consumer('s', { account: 'studio', credential: 'env:STUDIO' }),
  }
  const { ask, status, sim } = await buildGateway(t, { settings: { accounts, consumers } })
  const ofAgency = await ask('/client/', withKey('a'))
  const ofStudio = await ask('/client/', withKey('s'))
  t.notSame(ofAgency.text, ofStudio.text)
  await ask('/client/1/', withKey('a', { method: 'PUT', body: '{}' }))
  t.match((await ask('/client/', withKey('s'))).headers['cache-status'], /; hit/)
  t.notMatch((await ask('/client/', withKey('a'))).headers['cache-status'], /; hit/)
  const { day } = (await status()).budgets
  const used = day.map((one) => [one.account, one.used])
  t.same(Object.fromEntries(used), { agency: 3, studio: 1 })
  t.equal(sim.arrivals.length, 4)
})

t.test('a floor of its own', async (t) => {
  const settings = {
    cache: { floor: '5s' },
    consumers: { impatient: { floor: '1m' }, exact: { floor: '0s' } },
  }
  const { ask, clock } = await buildGateway(t, { settings })
  const as = (name?: string) => ({
    headers: {
      'cache-control': 'no-cache',
      ...(name !== undefined && { 'intervals-proxy-consumer': name }),
    },
  })
  await ask('/client/')
  clock.advance(2_000)
  t.match((await ask('/client/', as())).headers['cache-status'], /; hit/, 'the floor of all')
  t.match((await ask('/client/', as('exact'))).headers['cache-status'], /fwd=request/)
  clock.advance(20_000)
  t.match((await ask('/client/', as('impatient'))).headers['cache-status'], /; hit/)
  t.match((await ask('/client/', as())).headers['cache-status'], /fwd=request/)
})

t.test('explain says who is not let in, and spends nothing', async (t) => {
  const { ask, sim } = await buildGateway(t, { settings: { consumers: TWO } })
  const explain = async (token: string) =>
    JSON.parse((await ask('/-/explain?path=/client/', { token })).text) as Record<string, unknown>
  t.match(await explain('nobody'), { answer: 'refused', why: /no consumer/, calls: 0 })
  t.match(await explain(keyOf('dashboard')), { answer: 'fetched', consumer: 'dashboard' })
  t.equal(sim.arrivals.length, 0)
})
