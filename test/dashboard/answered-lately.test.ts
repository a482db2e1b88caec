import t from 'tap'
import { OTHERS } from '../../src/limits/index.js'
import { createAnsweredLately, MAX_GROUPS, MAX_LAST } from '../../src/dashboard/answered-lately.js'
import type { ProxyExchange } from '../../src/server/proxy/exchange.js'
import { buildTeam } from '../workers/setup.js'

t.test('what workers answer is on the dashboard by its names, once', async (t) => {
  const { app, a, b } = await buildTeam(t)
  const { recorder } = app.services
  const headers = { 'intervals-proxy-consumer': 'reports' }
  for (const worker of [a, b, b, b, a]) await worker.ask('/client/?limit=2', { headers })
  await b.ask('/client/?limit=2', { method: 'HEAD', headers })
  const before = recorder.requests().length
  for (const worker of [a, b, a, b]) await worker.count()
  const shown = recorder.requests().slice(before)
  t.equal(shown.length, 5)
  for (const one of shown) {
    t.match(one, { path: '/client/', query: '?limit=2', way: 'hit', consumer: 'reports' })
    t.match(one, {
      status: 200,
      cacheStatus: /; hit; ttl=/,
      token: /^[\da-f]{8}$/,
      account: 'default',
    })
    t.match(one.id, /^w-/)
  }
  t.equal(new Set(recorder.requests().map(({ seq }) => seq)).size, before + 5)
  const [hour] = recorder.history.buckets('hour')
  t.match(hour?.ways, { fetched: 1, hit: 5 })
  t.match(hour?.tables?.consumers, [{ name: 'reports', ways: { fetched: 1, hit: 5 } }])
  t.match(hour?.tables?.paths, [{ name: '/client/', ways: { fetched: 1, hit: 5 } }])
  t.match(hour?.tables?.resources, [{ name: 'client', ways: { fetched: 1, hit: 5 } }])
})

t.test('however much it was, what is told is bounded, and counts all of it', async (t) => {
  const here = createAnsweredLately(() => 0)
  const many = MAX_GROUPS * 3
  for (let index = 0; index < many; index++) {
    const exchange = {
      consumer: `c${index}`,
      rawTarget: `/task/${index}/?q=1`,
      target: { resource: 'task' },
      outcome: 'hit',
      cacheStatus: {},
      principal: { shortHash: '01234567' },
    } as unknown as ProxyExchange
    here.answered({ exchange, id: `r${index}`, method: 'GET' }, { statusCode: 200, elapsedTime: 1 })
  }
  const { groups, last } = here.take()
  t.equal(groups.length, MAX_GROUPS + 1)
  t.equal(
    groups.reduce((sum, { count }) => sum + count, 0),
    many,
  )
  t.match(groups.at(-1), { path: OTHERS, consumer: OTHERS, count: many - MAX_GROUPS })
  t.equal(last.length, MAX_LAST)
  t.match(last.at(-1), { path: `/task/${many - 1}/`, query: '?q=1' })
  t.strictSame(here.take(), { groups: [], last: [] })
})
