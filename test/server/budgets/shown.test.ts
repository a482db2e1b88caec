import t from 'tap'
import { createMemoryJournal, createMemorySpendingJournal } from '../../../src/limits/index.js'
import { testClock } from '../build.js'
import { problemOf, until } from '../client.js'
import { buildGateway, consumer, withKey } from '../authentication/setup.js'

type Json = Record<string, unknown>

interface Warning {
  readonly account: string
  readonly consumer: string | null
  readonly percent: number
  readonly used: number
  readonly max: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** At this hour of tomorrow. */
function clockAt(hour: number) {
  const clock = testClock()
  clock.advance(DAY_MS - (Date.now() % DAY_MS) + hour * HOUR_MS)
  return clock
}
const dayOf = (clock: { wallMs(): number }): string =>
  new Date(clock.wallMs()).toISOString().slice(0, 10)

const SETTINGS = {
  accounts: { agency: { plan: 100 }, studio: { plan: 1_000 } },
  consumers: {
    ...consumer('app', { account: 'agency', write: ['client'], share: { day: '20%' } }),
    ...consumer('web', { account: 'agency' }),
    ...consumer('report', { account: 'studio', credential: 'env:STUDIO' }),
  },
  limits: { day: { keepForWrites: '5%', keepForInteractive: '10%' } },
}

t.test('status says who spent what, what is kept, and how long the day lasts', async (t) => {
  const clock = clockAt(10)
  const { ask, status } = await buildGateway(t, {
    settings: SETTINGS,
    deps: { clock },
    simulator: { wallNow: () => clock.wallMs() },
  })
  t.match(await status(), {
    budgets: { day: [] },
    consumers: [
      { consumer: 'app', account: 'agency', spentToday: 0, shareOfDay: null },
      { consumer: 'web' },
      { consumer: 'report', account: 'studio' },
    ],
  })
  for (let n = 0; n < 5; n++) await ask(`/client/?limit=1&offset=${n}`, withKey('app'))
  await ask('/client/?limit=1&offset=0', withKey('app'))
  for (let n = 0; n < 45; n++) await ask(`/project/?limit=1&offset=${n}`, withKey('web'))
  await ask('/me/', withKey('report'))
  t.match(await status(), {
    budgets: {
      day: [
        {
          account: 'agency',
          used: 50,
          max: 100,
          kept: { consumers: 15, interactive: 10, writes: 5 },
          perHour: Number,
          lastsUntil: new RegExp(`^${dayOf(clock)}T`),
        },
        { account: 'studio', used: 1, kept: { consumers: 0 }, lastsUntil: null },
      ],
    },
    consumers: [
      { consumer: 'web', account: 'agency', spentToday: 45, shareOfDay: null, keptForIt: 0 },
      { consumer: 'app', spentToday: 5, shareOfDay: 20, keptForIt: 15, waiting: 0 },
      { consumer: 'report', account: 'studio', spentToday: 1 },
    ],
  })
  clock.advance(10.9 * HOUR_MS)
  t.match(await status(), {
    budgets: { day: [{ kept: { consumers: 7, interactive: 5, writes: 2 } }, {}] },
  })
})

t.test('/-/spending: by consumer, resource or hour, of one account or all', async (t) => {
  const clock = clockAt(10)
  const day = dayOf(clock)
  const spending = createMemorySpendingJournal()
  const { ask, app } = await buildGateway(t, {
    settings: SETTINGS,
    deps: { clock, spending },
    simulator: { wallNow: () => clock.wallMs() },
  })
  const seen = async (query: string) => {
    const answer = await ask(`/-/spending${query}`, { token: null })
    if (answer.status !== 200) throw new Error(answer.text)
    return JSON.parse(answer.text) as Json
  }
  await ask('/client/', withKey('app'))
  await ask('/client/', withKey('app'))
  await ask('/timer/', withKey('app'))
  await ask('/nosuchthing/', withKey('app'))
  await ask('/quota/', withKey('app'))
  await ask('/client/1/', withKey('app', { method: 'PUT', body: '{}' }))
  await ask('/me/', withKey('report'))
  clock.advance(HOUR_MS)
  await ask('/timer/', withKey('web'))

  t.same(await seen(''), {
    from: `${day}T00:00:00.000Z`,
    to: `${day}T12:00:00.000Z`,
    by: 'consumer',
    calls: 6,
    spending: [
      { consumer: 'app', account: 'agency', calls: 4 },
      { consumer: 'report', account: 'studio', calls: 1 },
      { consumer: 'web', account: 'agency', calls: 1 },
    ],
  })
  t.match((await seen('?by=resource&account=agency'))['spending'], [
    { resource: 'client', calls: 2 },
    { resource: 'timer', calls: 2 },
    { resource: 'other', calls: 1 },
  ])
  t.match((await seen(`?by=hour&account=agency&from=${day}&to=${day}`))['spending'], [
    { hour: `${day}T10:00:00.000Z`, calls: 4 },
    { hour: `${day}T11:00:00.000Z`, calls: 1 },
  ])
  t.match(await seen(`?from=${day}T11&to=${day}T11:00Z`), { calls: 1 })
  t.match(await seen('?account=nobody'), { calls: 0, spending: [] })
  t.match(await seen('?from=2020-01-01&to=2030-01-01'), { calls: Number })

  for (const [query, message] of [
    ['?by=person', /by/],
    ['?form=2026-03-10', /"form"/],
    ['?from=yesterday', /"from": expected a UTC day such as 2026-03-10/],
    ['?to=2026-02-30', /"to": expected/],
    ['?from=2026-03-10&to=2026-03-09', /"from" is after "to"/],
    ['?from=2026-03-10T14:30', /"from": expected/],
  ] as const) {
    const answer = await ask(`/-/spending${query}`, { token: null })
    t.equal(answer.status, 400, query)
    t.match(problemOf(answer).error, { reason: 'BAD_REQUEST', message }, query)
  }
  const stranger = { token: null, headers: { host: 'evil.example' } }
  t.equal((await ask('/-/spending', stranger)).status, 403)

  await app.close()
  t.equal([...spending.read(0, 1e9)].length, 5, 'on disk when it was closed')
})

t.test('warnings at 50, 80 and 95 %, once a day each, also after a restart', async (t) => {
  const clock = clockAt(10)
  const spending = createMemorySpendingJournal()
  const deps = { clock, journal: createMemoryJournal(), spending }
  const start = () => {
    const simulator = { wallNow: () => clock.wallMs() }
    return buildGateway(t, { settings: SETTINGS, deps, simulator })
  }
  let proxy = await start()
  let next = 0
  const askMany = async (name: string, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const { status } = await proxy.ask(`/client/?limit=1&offset=${next++}`, withKey(name))
      if (status !== 200) throw new Error(`${name}: ${status}`)
    }
  }
  let seen = 0
  /** The warnings in the log that are new, once the proxy has looked for them. */
  const warned = async (): Promise<string[]> => {
    const written = () => [...spending.read(0, 1e9)].reduce((sum, { calls }) => sum + calls, 0)
    await until(() => written() === next, 'the book, which is written after each look')
    const warnings = proxy.lines.flatMap(({ budget }) => (budget === undefined ? [] : [budget]))
    const added = (warnings as Warning[]).slice(seen)
    seen = warnings.length
    return added.map(({ account, consumer: name, percent, used, max }) => {
      return `${account} ${name ?? '-'} ${percent} ${used}/${max}`
    })
  }

  // To the request, because it looks for itself every second, too.
  await askMany('app', 9)
  t.same(await warned(), [])
  await askMany('app', 1)
  t.same(await warned(), ['agency app 50 10/20'])
  await askMany('app', 6)
  t.same(await warned(), ['agency app 80 16/20'])
  await askMany('web', 34)
  t.same(await warned(), ['agency - 50 50/100'])
  await proxy.app.close()
  proxy = await start()
  seen = 0
  await askMany('app', 2)
  t.same(await warned(), [], 'not again after a restart')
  await askMany('app', 1)
  t.same(await warned(), ['agency app 95 19/20'])
  await askMany('web', 27)
  t.same(await warned(), ['agency - 80 80/100'])
  const lines = proxy.lines.filter(({ budget }) => budget !== undefined)
  t.match(lines, [
    { level: 40, msg: /^95 % of app’s share of the day are spent, 19 of 20/ },
    { level: 40, msg: /^80 % of the day of agency are spent, 80 of 100; at this rate/ },
  ])
  clock.advance(16 * HOUR_MS)
  await askMany('app', 10)
  t.same(await warned(), ['agency app 50 10/20'], 'the next day begins anew')
})

t.test('a crash that cost the book its last second gives no more away', async (t) => {
  const clock = clockAt(10)
  const journal = createMemoryJournal()
  const simulator = { wallNow: () => clock.wallMs() }
  const first = await buildGateway(t, { settings: SETTINGS, deps: { clock, journal }, simulator })
  for (let n = 0; n < 7; n++) await first.ask(`/client/?limit=1&offset=${n}`, withKey('web'))
  await first.app.close()
  const second = await buildGateway(t, { settings: SETTINGS, deps: { clock, journal }, simulator })
  const { text } = await second.ask('/-/status', { token: null })
  t.match(JSON.parse(text), {
    budgets: { day: [{ account: 'agency', used: 7 }] },
    consumers: [{ consumer: '(unknown)', account: 'agency', spentToday: 7 }, {}, {}, {}],
  })
})
