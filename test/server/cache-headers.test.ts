import t from 'tap'
import { buildTestProxy } from './build.js'

const statusOf = (answer: { headers: Record<string, unknown> }) => answer.headers['cache-status']

const MINUTE_MS = 60_000

t.test('Cache-Status says where an answer came from', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  t.match(
    statusOf(await ask('/client/')),
    /^intervals-proxy; fwd=uri-miss; fwd-status=200; stored; ttl=(600|59\d)$/,
  )
  t.match(statusOf(await ask('/client/')), /^intervals-proxy; hit; ttl=(600|59\d)$/)
  clock.advance(100_000)
  t.match(statusOf(await ask('/client')), /^intervals-proxy; hit; ttl=(500|49\d)$/)
  t.match(
    statusOf(await ask('/client/', { headers: { 'cache-control': 'no-cache' } })),
    /^intervals-proxy; fwd=request; fwd-status=200; stored; ttl=(600|59\d)$/,
  )
  t.equal(
    statusOf(await ask('/client/100001/', { method: 'PUT', body: '{}' })),
    'intervals-proxy; fwd=method',
  )
  t.match(statusOf(await ask('/client/')), /fwd=uri-miss.*detail=invalidated/)
  t.match(
    statusOf(await ask('/timer/')),
    'intervals-proxy; fwd=bypass; detail=never-cached-resource',
  )
  t.match(statusOf(await ask('/nosuchthing/')), /fwd=bypass.*detail=unknown-resource/)
  t.match(statusOf(await ask('/client/?page=1')), /fwd=uri-miss; fwd-status=400; detail=status/)
  sim.setFaults([{ kind: 'reset' }])
  t.equal(
    statusOf(await ask('/project/')),
    'intervals-proxy; fwd=uri-miss; detail=upstream-broke-off',
  )
})

t.test('Age and ETag belong to the stored answer', async (t) => {
  const { ask, clock } = await buildTestProxy(t)
  const cold = await ask('/project/?limit=3')
  t.equal(cold.headers.age, undefined)
  t.match(cold.headers.etag, /^"[^"]+"$/)
  t.match((await ask('/project/?limit=3')).headers.age, /^[01]$/)
  clock.advance(42_000)
  const hit = await ask('/project/?limit=3')
  t.match(hit.headers.age, /^4[234]$/)
  t.equal(hit.headers.etag, cold.headers.etag)
  const other = await ask('/project/?limit=4')
  t.not(other.headers.etag, cold.headers.etag)
})

t.test('If-None-Match gets a 304 without a body', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const { headers } = await ask('/client/')
  const etag = String(headers.etag)
  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const answer = await ask('/client/', { headers: { 'if-none-match': tag } })
    t.match(answer, { status: 304, text: '', headers: { etag } }, tag)
    t.match(statusOf(answer), /; hit/)
    t.equal(answer.headers['content-type'], undefined)
  }
  t.match(await ask('/client/', { headers: { 'if-none-match': '"other"' } }), { status: 200 })
  t.equal(sim.arrivals.length, 1)
  const fetched = await ask('/client/', {
    headers: { 'if-none-match': etag, 'cache-control': 'no-cache' },
  })
  t.match(fetched, { status: 304, text: '' }, 'a fetched answer that has not changed')
  t.equal(sim.arrivals[1]?.headers['if-none-match'], undefined, 'the condition is ours to judge')
})

t.test('HEAD is answered from what a GET has stored', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const got = await ask('/client/')
  const head = await ask('/client/', { method: 'HEAD' })
  t.match(head, { status: 200, text: '' })
  for (const name of ['content-length', 'content-type', 'etag']) {
    t.equal(head.headers[name], got.headers[name], name)
  }
  t.match(statusOf(head), /; hit/)
  t.equal(sim.arrivals.length, 1)
})

t.test('RateLimit says what is left of both limits', async (t) => {
  const { ask, clock } = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 50, window: '60s' }, day: { max: 200 } } },
  })
  await ask('/client/')
  clock.advance(150)
  const { headers } = await ask('/client/')
  t.equal(headers['ratelimit-policy'], '"minute";q=50;w=60, "day";q=200;w=86400')
  t.match(headers['ratelimit'], /^"minute";r=49;t=(60|61), "day";r=199;t=\d+$/)
})

t.test('Server-Timing says what the wait was made of', async (t) => {
  const { ask, sim, clock } = await buildTestProxy(t)
  for (const path of ['/client/', '/timer/']) {
    const hold = sim.hold()
    const asked = ask(path)
    await hold.untilWaiting(1)
    clock.advance(MINUTE_MS)
    hold.release()
    const { headers } = await asked
    const [, queued, upstream] =
      /^queue;dur=(\d+\.\d), upstream;dur=(\d+\.\d)$/.exec(String(headers['server-timing'])) ?? []
    t.ok(Number(queued) < MINUTE_MS, `${path}: queued for ${queued} ms`)
    t.ok(Number(upstream) >= MINUTE_MS, `${path}: upstream took ${upstream} ms`)
  }
  t.equal((await ask('/client/')).headers['server-timing'], undefined)
})
