/** `/-/explain` knows the way out too: what would keep a call back, and that it would not be made. */
import t from 'tap'
import { REFRESHED_BEHIND, buildTestProxy, type TestProxy } from './build.js'
import type { Ask } from './client.js'

type Json = Record<string, unknown>

async function explain(
  { ask }: TestProxy,
  path: string,
  headers: Ask['headers'] = {},
): Promise<Json> {
  const { status, text } = await ask(`/-/explain?path=${encodeURIComponent(path)}`, { headers })
  if (status !== 200) throw new Error(text)
  return JSON.parse(text) as Json
}

const post = { method: 'POST', token: null } as const

t.test('while it pauses a miss is refused, and what is stored is served', async (t) => {
  const proxy = await buildTestProxy(t, REFRESHED_BEHIND)
  const { ask, clock } = proxy
  await ask('/client/')
  t.equal((await ask('/-/pause', post)).status, 200)
  t.match(await explain(proxy, '/project/'), {
    answer: 'refused',
    why: 'paused',
    detail:
      /^An operator paused this proxy \(stopped by hand; since .+ UTC\)\. Cached answers are still served$/,
    cache: 'uri-miss',
    calls: 0,
  })
  t.match(await explain(proxy, '/timer/'), { answer: 'refused', cache: 'never-cached-resource' })
  t.match(await explain(proxy, '/client/'), { answer: 'hit', calls: 0 })
  t.match(await explain(proxy, '/client/', { 'cache-control': 'no-cache' }), {
    answer: 'stale',
    why: /a younger one is wanted, and no call can be made \(paused\)/,
    calls: 0,
    ageSeconds: Number,
  })
  clock.advance(660_000)
  t.match(await explain(proxy, '/client/'), {
    answer: 'stale',
    why: 'stored and stale: served, and not refreshed: no call can be made (paused)',
    calls: 0,
  })
  await ask('/-/resume', post)
  t.match(await explain(proxy, '/client/'), { answer: 'stale', calls: 1 })
  t.match(await explain(proxy, '/project/'), { answer: 'fetched', why: 'uri-miss', calls: 1 })
})

t.test('late: fetched if that is soon, else what is stored', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: {
      // Longer than a refresh waits, also on a slow machine.
      limits: { minute: { max: 2, window: '10m' } },
      cache: { resources: { client: { staleWhileRevalidate: '0s' } } },
    },
  })
  await proxy.ask('/client/')
  proxy.clock.advance(660_000)
  t.match(await explain(proxy, '/client/'), { answer: 'fetched', why: 'stale', calls: 1 })
  await proxy.ask('/project/?limit=1')
  await proxy.ask('/project/?limit=2')
  t.match(await explain(proxy, '/client/'), {
    answer: 'stale',
    why: 'stored and late, and no call can be made (wait-too-long): what is stored is served',
    calls: 0,
  })
  await proxy.ask('/client/')
  t.match(await explain(proxy, '/client/'), {
    answer: 'stale',
    why: 'stored and late: served, and not refreshed: that failed a moment ago',
    calls: 0,
  })
})

t.test('a pause by Intervals, and one that ends by itself', async (t) => {
  const proxy = await buildTestProxy(t)
  proxy.sim.setFaults([{ kind: 'status', status: 400, apiCode: 12 }])
  await proxy.ask('/client/')
  t.match(await explain(proxy, '/project/'), {
    answer: 'refused',
    why: 'paused',
    detail: /^Intervals says that requests come too fast .+ Retry in \d+ s$/,
  })
})

t.test('a full window is waited for, if that is not too long', async (t) => {
  for (const [maxWait, answer] of [
    [
      '2m',
      {
        answer: 'fetched',
        calls: 1,
        heldBy: 'window-full',
        detail: '1 of 1 places of the window are taken',
      },
    ],
    [
      '5s',
      {
        answer: 'refused',
        calls: 0,
        why: 'wait-too-long',
        detail: /may wait only 5 s \(limits\.queue\.maxWait\)/,
      },
    ],
  ] as const) {
    const limits = { minute: { max: 1, window: '60s' }, queue: { maxWait } }
    const proxy = await buildTestProxy(t, { settings: { limits } })
    t.match(await explain(proxy, '/client/'), { answer: 'fetched', calls: 1, waitSeconds: 0 })
    await proxy.ask('/client/')
    const held = await explain(proxy, '/project/')
    t.match(held, answer)
    t.ok(Number(held['waitSeconds']) > 50, 'nearly the whole window')
    t.match(await explain(proxy, '/client/'), { answer: 'hit', calls: 0 })
  }
})

t.test('a spent day', async (t) => {
  const proxy = await buildTestProxy(t, { settings: { limits: { day: { max: 1 } } } })
  await proxy.ask('/client/')
  t.match(await explain(proxy, '/project/'), {
    answer: 'refused',
    why: 'day-spent',
    detail: '1 of 1 calls of the day are used. The next day begins at midnight UTC',
    cache: 'uri-miss',
    calls: 0,
  })
  t.match(await explain(proxy, '/quota/'), { answer: 'forwarded', calls: 1 }, 'costs none of it')
})

t.test('only-if-cached is a hit, or a refusal', async (t) => {
  const proxy = await buildTestProxy(t)
  const onlyIfCached = { 'cache-control': 'only-if-cached' }
  t.match(await explain(proxy, '/client/', onlyIfCached), {
    answer: 'refused',
    why: 'not-stored',
    cache: 'uri-miss',
    calls: 0,
  })
  t.equal((await proxy.ask('/client/', { headers: onlyIfCached })).status, 504)
  await proxy.ask('/client/')
  t.match(await explain(proxy, '/client/', onlyIfCached), { answer: 'hit' })
})

t.test('who asks for what is being fetched joins that call', async (t) => {
  const proxy = await buildTestProxy(t, REFRESHED_BEHIND)
  const { ask, sim, clock } = proxy
  const hold = sim.hold()
  const first = ask('/client/')
  await hold.untilWaiting(1)
  t.match(await explain(proxy, '/client/'), { answer: 'joined', why: 'uri-miss', calls: 0 })
  t.match(await explain(proxy, '/project/'), { answer: 'fetched', calls: 1 })
  hold.release()
  t.equal((await first).status, 200)

  clock.advance(660_000)
  const again = sim.hold()
  t.match((await ask('/client/')).headers['cache-status'], /stale-while-revalidate/)
  await again.untilWaiting(1)
  t.match(await explain(proxy, '/client/'), {
    answer: 'stale',
    why: 'stored and stale: served, and a refresh is under way',
    calls: 0,
  })
  again.release()
})

t.test('a token that Intervals refused a moment ago is not sent again', async (t) => {
  const proxy = await buildTestProxy(t)
  const wrong = { token: 'nobody-knows-it' } as const
  t.equal((await proxy.ask('/client/', wrong)).status, 401)
  const { text } = await proxy.ask('/-/explain?path=/client/', wrong)
  t.match(JSON.parse(text), {
    answer: 'refused',
    why: 'credential-refused',
    detail: /it is tried again in \d+ s/,
    calls: 0,
  })
  t.match(await explain(proxy, '/client/'), { answer: 'fetched' }, 'another one is')
})

t.test('under overload only what is stored is served', async (t) => {
  let isUnderPressure = false
  const deps = { isUnderPressure: () => isUnderPressure }
  const proxy = await buildTestProxy(t, { deps })
  await proxy.ask('/client/')
  isUnderPressure = true
  t.match(await explain(proxy, '/client/'), { answer: 'hit' })
  t.match(await explain(proxy, '/project/'), { answer: 'refused', why: 'overloaded', calls: 0 })
})

t.test(
  'a miss names the Accept that an entry is stored for, and the resource that was meant',
  async (t) => {
    const proxy = await buildTestProxy(t)
    await proxy.ask('/client/?limit=5', { headers: { accept: '*/*' } })
    const json = { accept: 'application/json' }
    t.match(await explain(proxy, '/client/?limit=5', json), {
      answer: 'fetched',
      hint: 'an entry is stored for another Accept: */*',
    })
    t.match(await explain(proxy, '/client/?limit=5', { accept: '*/*' }), { answer: 'hit' })
    t.notHas(await explain(proxy, '/project/', json), { hint: String })
    t.match(await explain(proxy, '/projects/', json), { hint: 'did you mean /project/?' })
  },
)
