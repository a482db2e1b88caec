// What workers answer themselves, and what no worker may.

import t from 'tap'
import { REFRESHED_BEHIND } from '../server/build.js'
import { helloOf, requestsOf } from '../dashboard/hello.js'
import { startUpstream } from '../server/build.js'
import { buildTeam } from './setup.js'

const HIT = /intervals-proxy; hit/

t.test('what one consumer fetched through one worker is a hit at all of them', async (t) => {
  const { a, b, targets, outcomes } = await buildTeam(t)
  const first = await a.ask('/client/?limit=2')
  t.match(first.headers['cache-status'], /fwd=uri-miss.*stored/)
  const [again, other] = [await a.ask('/client/?limit=2'), await b.ask('/client/?limit=2')]
  for (const answer of [again, other]) {
    t.match(answer, { status: 200, text: first.text })
    t.match(answer.headers['cache-status'], HIT)
    t.match(answer.headers['ratelimit'], /"minute";r=\d+/)
    t.equal(answer.headers['etag'], first.headers['etag'])
  }
  const etag = first.headers['etag'] ?? ''
  t.equal((await b.ask('/client/?limit=2', { headers: { 'if-none-match': etag } })).status, 304)
  t.equal((await b.ask('/client/?limit=2', { method: 'HEAD' })).status, 200)
  t.equal(targets().length, 1)
  t.same(outcomes(), ['primary uri-miss', ...Array<string>(4).fill('worker hit')], 'each one line')
})

t.test('one credential never gets what another fetched', async (t) => {
  const { a, b, targets } = await buildTeam(t)
  const canary = await a.ask('/me/', { token: 'agencyadm01' })
  const other = await b.ask('/me/', { token: 'agencyadm02' })
  t.not(other.text, canary.text)
  t.equal(targets().length, 2)
})

t.test('a write through one worker is seen through the other, and by everybody', async (t) => {
  const { a, b } = await buildTeam(t)
  for (let trial = 0; trial < 12; trial++) {
    const name = `Renamed ${trial}`
    const [writer, reader] = trial % 2 === 0 ? [a, b] : [b, a]
    await reader.ask('/client/100001/')
    t.match((await reader.ask('/client/100001/')).headers['cache-status'], HIT)
    const body = JSON.stringify({ name })
    const written = await writer.ask('/client/100001/', { method: 'PUT', body })
    t.equal(written.status, 202)
    t.match((await reader.ask('/client/100001/')).text, name, `trial ${trial}`)
  }
})

t.test('a purge reaches what workers have in memory', async (t) => {
  const { purge, a, b } = await buildTeam(t)
  for (const worker of [a, b, a, b]) await worker.ask('/client/')
  t.match((await b.ask('/client/')).headers['cache-status'], HIT)
  t.ok((await purge({ resource: 'client' })) > 0)
  t.notMatch((await b.ask('/client/')).headers['cache-status'], HIT)
})

t.test('a token that was refused gets nothing more from any worker', async (t) => {
  let isGood = true
  const { url } = await startUpstream(t, (_request, response) => {
    response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' }).end('{}')
  })
  const { a, b, clock } = await buildTeam(t, { upstreamUrl: url })
  await a.ask('/client/')
  t.match((await b.ask('/client/')).headers['cache-status'], HIT)
  isGood = false
  t.equal((await a.ask('/project/')).status, 401)
  const gated = await b.ask('/client/')
  t.equal(gated.status, 401, 'at once, and without a call')
  t.match(gated.headers['cache-status'], /credential-refused/)
  isGood = true
  clock.advance(120_000)
  t.equal((await a.ask('/project/')).status, 200)
  t.notMatch(
    (await b.ask('/client/')).headers['cache-status'],
    HIT,
    'what was before is not for it',
  )
  t.match((await a.ask('/client/')).headers['cache-status'], HIT, 'what came after is')
})

t.test('a new configuration holds from when its edition is written', async (t) => {
  const { reload, a, b, disk } = await buildTeam(t)
  await a.ask('/client/')
  t.match((await b.ask('/client/')).headers['cache-status'], HIT)
  const next = { cache: { resources: { client: { ttl: '0s' } } } }
  reload(next)
  await disk.changeFeed?.edition('second')
  t.notMatch((await b.ask('/client/')).headers['cache-status'], HIT, 'not told yet: passed on')
  b.reload(next, 'second')
  t.notMatch((await b.ask('/client/')).headers['cache-status'], HIT)
})

t.test('of requests for a stale answer one refreshes it, and the others do not wait', async (t) => {
  const { sim, a, clock, targets, outcomes } = await buildTeam(t, {
    settings: { ...REFRESHED_BEHIND.settings },
  })
  await a.ask('/client/')
  clock.advance(11 * 60_000)
  const hold = sim.hold()
  const answers = await Promise.all(Array.from({ length: 20 }, () => a.ask('/client/')))
  for (const { status, headers } of answers) {
    t.match({ status, cacheStatus: headers['cache-status'] }, { status: 200, cacheStatus: HIT })
  }
  await hold.untilWaiting(1)
  hold.release()
  t.equal(targets().length, 2)
  const stale = outcomes().filter((line) => line.endsWith('stale-while-revalidate'))
  t.same([stale.length, stale.filter((line) => line.startsWith('primary')).length], [20, 1])
})

t.test('what workers count is in the sums of the primary, once', async (t) => {
  const { status, metric, a, b } = await buildTeam(t)
  for (const worker of [a, b, b, b, a]) await worker.ask('/client/')
  for (const worker of [a, b, a]) await worker.count()
  t.equal(await metric('requests_total{outcome="uri-miss"}'), 1)
  t.equal(await metric('requests_total{outcome="hit"}'), 4)
  const { today } = await status()
  t.match(today, { requests: 5, ways: { fetched: 1, hit: 4 } }, 'and in the figures of today')
})

t.test('what workers answer is on the dashboard by its names, once', async (t) => {
  const { a, b } = await buildTeam(t)
  const headers = { 'intervals-proxy-consumer': 'reports' }
  for (const worker of [a, b, b, b, a]) await worker.ask('/client/?limit=2', { headers })
  await b.ask('/client/?limit=2', { method: 'HEAD', headers })
  for (const worker of [a, b, a, b]) await worker.count()
  const shown = await requestsOf(a.port, ({ length }) => length >= 6)
  t.equal(shown.length, 6)
  const hits = shown.filter(({ id }) => id.startsWith('w-'))
  t.equal(hits.length, 5)
  for (const hit of hits) {
    t.match(hit, { path: '/client/', query: '?limit=2', way: 'hit', consumer: 'reports' })
    t.match(hit, { status: 200, account: 'default', cacheStatus: /; hit; ttl=/ })
  }
  const { hours } = await helloOf(a.port)
  const name = { consumers: 'reports', paths: '/client/', resources: 'client' }
  for (const [table, of] of Object.entries(name)) {
    const rows = hours.at(-1)?.tables?.[table as keyof typeof name]
    t.match(rows, [{ name: of, ways: { fetched: 1, hit: 5 } }], table)
  }
})
