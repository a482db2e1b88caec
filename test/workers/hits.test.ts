// What workers answer themselves, and what no worker may.

import t from 'tap'
import { startUpstream, testConfig } from '../server/build.js'
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
  const { app, a, b } = await buildTeam(t)
  for (const worker of [a, b, a, b]) await worker.ask('/client/')
  t.match((await b.ask('/client/')).headers['cache-status'], HIT)
  t.ok((await app.services.purges.purge({ resource: 'client' })) > 0)
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
  const { app, a, b, disk } = await buildTeam(t)
  await a.ask('/client/')
  t.match((await b.ask('/client/')).headers['cache-status'], HIT)
  const next = testConfig(
    { cache: { resources: { client: { ttl: '0s' } } } },
    'http://127.0.0.1:9/',
  )
  app.services.reload(next)
  await disk.changeFeed?.edition('second')
  t.notMatch((await b.ask('/client/')).headers['cache-status'], HIT, 'not told yet: passed on')
  b.services.configure(app.services.config, 'second')
  t.notMatch((await b.ask('/client/')).headers['cache-status'], HIT)
})

t.test('of requests for a stale answer one refreshes it, and the others do not wait', async (t) => {
  const { sim, a, clock, targets, outcomes } = await buildTeam(t)
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
  const { app, a, b } = await buildTeam(t)
  for (const worker of [a, b, b, b, a]) await worker.ask('/client/')
  for (const worker of [a, b, a]) await worker.count()
  const { values } = await app.services.metrics.requests.get()
  const counted = values.filter(({ value }) => value > 0)
  const byOutcome = Object.fromEntries(counted.map(({ labels, value }) => [labels.outcome, value]))
  t.same(byOutcome, { 'uri-miss': 1, hit: 4 })
  const { ways } = app.services.requests.today()
  t.match(ways, { fetched: 1, hit: 4 }, 'and in the figures of today')
})

t.test('what workers answer is on the dashboard by its names, once', async (t) => {
  const { app, a, b } = await buildTeam(t)
  const { requests } = app.services
  const headers = { 'intervals-proxy-consumer': 'reports' }
  for (const worker of [a, b, b, b, a]) await worker.ask('/client/?limit=2', { headers })
  await b.ask('/client/?limit=2', { method: 'HEAD', headers })
  requests.take()
  for (const worker of [a, b, a, b]) await worker.count()
  const { groups, last } = requests.take()
  const counted = groups.filter(({ way }) => way === 'hit')
  t.match(counted, [{ client: 'reports', resource: 'client', path: '/client/', count: 5 }])
  t.equal(last.length, 5)
  for (const { request, answer } of last) {
    t.match(request, { target: '/client/?limit=2', requester: { account: 'default' } })
    t.match(answer, { id: /^w-/, status: 200, outcome: 'hit' })
  }
})
