import t from 'tap'
import { loadConfig, type LoadResult } from '../../../src/config/load.js'
import { problemOf } from '../client.js'
import { buildGateway, consumer, hashOf, keyOf, SECRETS, withKey } from '../authentication/setup.js'
import type { TestProxy } from '../build.js'

const BASE = {
  limits: { minute: { max: 10_000 }, day: { max: 100_000 }, queue: { maxWait: '30s' } },
  upstream: { timeout: '5s' },
}

/** A file with these settings, over what buildGateway starts with. */
function fileOf(proxy: TestProxy, settings: object): () => LoadResult {
  const text = JSON.stringify({
    ...BASE,
    server: { port: 0 },
    ...settings,
    upstream: { ...BASE.upstream, url: proxy.sim.url },
  })
  return () =>
    loadConfig({ env: SECRETS, cwd: '/nowhere', file: 'settings.yaml', readFile: () => text })
}

const reloadWith = (proxy: TestProxy, settings: object) => proxy.reloadFrom(fileOf(proxy, settings))

const A = { consumers: consumer('a') }

t.test('keys come and go, and what is stored, counted or waiting stays', async (t) => {
  const proxy = await buildGateway(t, { settings: A })
  const { ask, sim, status } = proxy
  await ask('/client/', withKey('a'))
  t.equal((await ask('/client/', withKey('b'))).status, 401)
  const both = { consumers: { ...consumer('a', { floor: '1m' }), ...consumer('b') } }
  t.equal(reloadWith(proxy, both), 'reloaded')
  t.match((await ask('/client/', withKey('b'))).headers['cache-status'], /; hit/)
  t.equal(reloadWith(proxy, { consumers: consumer('b') }), 'reloaded')
  t.equal((await ask('/client/', withKey('a'))).status, 401, 'revoked')
  t.equal(sim.arrivals.length, 1)
  t.equal((await status()).budgets.minute.used, 1)
})

t.test('times to live and rights are those of now', async (t) => {
  const proxy = await buildGateway(t, { settings: A })
  const { ask, clock, sim } = proxy
  await ask('/client/', withKey('a'))
  const shorter = { ...A, cache: { resources: { client: { ttl: '1s', stale: '0s' } } } }
  t.equal(reloadWith(proxy, shorter), 'reloaded')
  clock.advance(2_000)
  t.match((await ask('/client/', withKey('a'))).headers['cache-status'], /fwd=stale/)
  const put = withKey('a', { method: 'PUT', body: '{}' })
  t.equal(problemOf(await ask('/client/1/', put)).error.reason, 'NOT_ALLOWED')
  t.equal(reloadWith(proxy, { consumers: consumer('a', { write: ['client'] }) }), 'reloaded')
  t.not((await ask('/client/1/', put)).status, 403)
  t.equal(sim.arrivals.length, 3)
})

t.test('as a whole or not at all', async (t) => {
  const proxy = await buildGateway(t, { settings: A })
  const { ask, lines } = proxy
  const b = { consumers: consumer('b') }
  const REFUSED: readonly (readonly [string, object, RegExp])[] = [
    [
      'another limit',
      { ...b, limits: { ...BASE.limits, minute: { max: 9 } } },
      /limits\.minute\.max can only/,
    ],
    ['another port', { ...b, server: { port: 1 } }, /server\.port can only change with a restart/],
    ['a mistake', { consumers: { ...consumer('b'), c: { key: 'in clear' } } }, /consumers\.c\.key/],
    [
      'a secret that is gone',
      { consumers: consumer('b', { credential: 'env:GONE' }) },
      /GONE is not/,
    ],
    ['an unknown name', { ...b, cach: {} }, /did you mean cache\?/],
  ]
  for (const [what, settings, why] of REFUSED) {
    t.equal(reloadWith(proxy, settings), 'refused', what)
    t.match(lines.at(-1), { level: 50, audit: 'reload', by: 'test', msg: why })
    t.equal((await ask('/client/', withKey('a'))).status, 200, what)
    t.equal((await ask('/client/', withKey('b'))).status, 401, what)
  }
  const thrown = () => {
    throw new Error('the disk is gone')
  }
  t.equal(proxy.reloadFrom(thrown), 'refused')
  t.equal(reloadWith(proxy, A), 'unchanged')
  t.comment(`${REFUSED.length + 1} bad files, nothing changed`)
})

t.test('a hundred times under load, half of them broken: nobody notices', async (t) => {
  const proxy = await buildGateway(t, {
    settings: { ...A, limits: { minute: { max: 20, window: '300ms' }, day: { max: 100_000 } } },
    simulator: { minuteMax: 20, minuteWindowMs: 300 },
  })
  const { ask, sim } = proxy
  const limits = { minute: { max: 20, window: '300ms' }, day: { max: 100_000 } }
  const good = (n: number) => ({
    limits,
    consumers: { ...consumer('a'), [`n${n}`]: { floor: '1s' } },
  })
  const broken = { limits, consumers: { a: { key: 'broken' } } }
  let isOver = false
  const statuses = new Map<number, number>()
  const client = async (n: number): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const path = i % 3 === 0 ? `/client/?limit=${n}${i}` : '/client/'
      const { status } = await ask(
        path,
        withKey('a', { headers: { 'intervals-proxy-priority': 'background' } }),
      )
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const clients = Promise.all([1, 2, 3, 4].map(client))
  const outcomes = []
  for (let n = 0; n < 100; n++) {
    outcomes.push(reloadWith(proxy, n % 2 === 0 ? good(n) : broken))
    await ask('/client/', withKey('a'))
  }
  isOver = true
  await clients
  t.equal(outcomes.filter((outcome) => outcome === 'reloaded').length, 50)
  t.equal(outcomes.filter((outcome) => outcome === 'refused').length, 50)
  t.same([...statuses.keys()], [200])
  t.match((await proxy.status()).budgets.minute, { max: 20, ceiling: 20 })
  t.ok(sim.maxInAnyWindow(300) <= 20)
  t.comment(`100 reloads, ${statuses.get(200)} answers, ${sim.arrivals.length} calls`)
})

t.test('the admin token is that of now', async (t) => {
  const proxy = await buildGateway(t, { settings: { ...A, server: { adminToken: 'first' } } })
  const status = async (token: string) =>
    (await proxy.ask('/-/status', { token: null, headers: { authorization: `Bearer ${token}` } }))
      .status
  t.equal(await status('first'), 200)
  t.equal(reloadWith(proxy, { ...A, server: { port: 0, adminToken: 'second' } }), 'reloaded')
  t.equal(await status('first'), 401)
  t.equal(await status('second'), 200)
  t.notMatch(JSON.stringify(proxy.lines), /first|second"|in clear/)
  t.notMatch(JSON.stringify(proxy.lines), new RegExp(`${hashOf(keyOf('a'))}|agencyadm01`))
})

t.test('a file that says something else is a change, with the same settings', async (t) => {
  const proxy = await buildGateway(t, { settings: A })
  let text = 'first'
  let known = text
  const refresh = (): string[] => {
    const isChanged = text !== known
    known = text
    return isChanged ? ['upstream.ca'] : []
  }
  const again = () => proxy.reloadFrom(fileOf(proxy, A), refresh)
  t.equal(again(), 'unchanged')
  text = 'second'
  t.equal(again(), 'reloaded')
  t.match(proxy.lines.at(-1), { msg: 'the configuration was reloaded: upstream.ca' })
  t.equal(again(), 'unchanged')
})
