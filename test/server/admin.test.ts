import t from 'tap'
import { REFRESHED_BEHIND, buildTestProxy, type TestProxy } from './build.js'
import { problemOf, sendRaw, type Ask } from './client.js'

type Json = Record<string, unknown>

async function page(proxy: TestProxy, path: string, request: Ask = {}): Promise<Json> {
  const answer = await proxy.ask(path, { token: null, ...request })
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return JSON.parse(answer.text) as Json
}

const post = (body?: object): Ask => ({
  method: 'POST',
  ...(body !== undefined && {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  }),
})

t.test('livez and readyz answer, also when a budget is spent', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 1 }, day: { max: 1 } } },
  })
  t.match(await page(proxy, '/-/livez'), { status: 'ok' })
  t.match(await page(proxy, '/-/readyz'), { status: 'ready', reasons: [] })
  await proxy.ask('/client/')
  t.match(await page(proxy, '/-/readyz'), { status: 'ready', reasons: [/^day-spent: /] })
  proxy.sim.setFaults([])
  t.equal(proxy.sim.arrivals.length, 1)
})

t.test('status shows what was counted', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 50, window: '60s' }, day: { max: 300 } } },
  })
  const { ask, sim } = proxy
  await ask('/client/')
  await ask('/client/')
  await ask('/client/1/', { method: 'PUT', body: '{}' })
  const today = new Date().toISOString().slice(0, 10)
  t.match(await page(proxy, '/-/status'), {
    version: '0.0.0-test',
    budgets: {
      minute: { used: 2, max: 50, ceiling: 50, inFlight: 0, windowSeconds: 60, paused: false },
      day: [{ account: 'default', day: today, used: 2, max: 300, paused: false }],
    },
    today: { requests: 3, saved: 1, calls: 2, ways: { hit: 1, fetched: 1, write: 1, failed: 0 } },
    pauses: [],
    queue: { waiting: { write: 0, interactive: 0, background: 0 }, maxLength: 1000 },
    cache: { entries: 1, flights: 0 },
    upstream: { url: sim.url },
    consumers: [],
  })
  sim.setFaults([{ kind: 'status', status: 400, apiCode: 12 }])
  await ask('/project/')
  t.match(await page(proxy, '/-/status'), {
    budgets: { minute: { used: 3, ceiling: 37, paused: true } },
    pauses: [{ scope: 'window', reason: 'too-fast', untilResumed: false, refusals: 1 }],
  })
  // A resume asks for the quota at once.
  sim.setFaults([])
  t.match(await page(proxy, '/-/resume', post()), { resumed: ['window'] })
  t.match(await page(proxy, '/-/status'), { budgets: { minute: { paused: false } }, pauses: [] })
  t.equal((await ask('/project/')).status, 200)
  t.strictSame((await proxy.status()).pauses, [])
})

t.test('metrics count what happened', async (t) => {
  const { ask } = await buildTestProxy(t)
  await ask('/client/')
  await ask('/client/')
  await ask('/timer/')
  const { text, headers } = await ask('/-/metrics', { token: null })
  t.match(headers['content-type'], /^text\/plain/)
  for (const line of [
    'intervals_proxy_requests_total{outcome="hit"} 1',
    'intervals_proxy_requests_total{outcome="uri-miss"} 1',
    'intervals_proxy_requests_total{outcome="bypass"} 1',
    'intervals_proxy_upstream_calls_total{resource="client",status_class="2xx"} 1',
    'intervals_proxy_upstream_calls_total{resource="timer",status_class="2xx"} 1',
    'intervals_proxy_window_held 2',
    'intervals_proxy_cache_entries 1',
  ]) {
    t.match(text, line)
  }
})

t.test('explain says what would happen, and spends nothing', async (t) => {
  const proxy = await buildTestProxy(t, REFRESHED_BEHIND)
  const { ask, sim, clock } = proxy
  const why = (path: string): Promise<Json> =>
    page(proxy, `/-/explain?path=${encodeURIComponent(path)}`, { token: 'agencyadm01' })
  t.match(await why('/client/'), {
    answer: 'fetched',
    why: 'uri-miss',
    calls: 1,
    resource: 'client',
  })
  t.equal(sim.arrivals.length, 0)
  await ask('/client/')
  t.match(await why('/client'), { answer: 'hit', calls: 0, ttlSeconds: 600, staleSeconds: 3600 })
  clock.advance(660_000)
  t.match(await why('/client/'), { answer: 'stale', calls: 1, ageSeconds: Number })
  await ask('/client/1/', { method: 'PUT', body: '{}' })
  t.match(await why('/client/'), { answer: 'fetched', why: 'invalidated' })
  t.match(await why('/timer/'), { answer: 'forwarded', why: 'never-cached-resource' })
  t.match(await why('/nosuchthing/'), { answer: 'forwarded', why: 'unknown-resource' })
  t.match(await why('/client//1'), { answer: 'refused', why: /empty-segment/ })
  const answer = await ask('/-/explain', { token: null })
  t.match(answer, { status: 400, text: /\/-\/explain\?path=/ })
  t.equal(sim.arrivals.length, 2)
})

t.test('purge drops by resource, by path, or everything', async (t) => {
  const proxy = await buildTestProxy(t)
  const { ask, status } = proxy
  const fill = async (): Promise<void> => {
    await page(proxy, '/-/purge', post())
    for (const path of ['/client/', '/client/?limit=5', '/client/100001/', '/project/']) {
      await ask(path)
    }
    t.equal((await status()).cache.entries, 4)
  }
  for (const [body, purged] of [
    [{ resource: 'client' }, 3],
    [{ path: '/client/' }, 2],
    [{ path: '/client' }, 2],
    [{ resource: 'project', path: '/client/' }, 0],
    [{ account: 'default' }, 4],
    [{ account: 'default', resource: 'timer' }, 0],
    [{}, 4],
    [undefined, 4],
  ] as const) {
    await fill()
    t.strictSame(await page(proxy, '/-/purge', post(body)), { purged }, JSON.stringify(body))
    t.equal((await status()).cache.entries, 4 - purged)
  }
})

t.test('a soft purge leaves answers to serve while they are refreshed', async (t) => {
  const proxy = await buildTestProxy(t, REFRESHED_BEHIND)
  await proxy.ask('/client/')
  t.strictSame(await page(proxy, '/-/purge', post({ soft: true })), { purged: 1 })
  const { headers } = await proxy.ask('/client/')
  t.match(headers['cache-status'], /; hit; ttl=-?\d+; detail=stale-while-revalidate/)
})

t.test('a purge that says something else than it means drops nothing', async (t) => {
  const { ask, status, lines } = await buildTestProxy(t)
  await ask('/client/')
  for (const [body, message] of [
    [{ resorce: 'project' }, /^the body has "resorce", which this page does not know$/],
    [{ resource: 'nosuchthing' }, /^there is no resource "nosuchthing"$/],
    [{ resource: 'clients' }, /^there is no resource "clients"; did you mean "client"\?$/],
    [{ path: 'client' }, /^a path starts with a slash, .*; got "client"$/],
    [{ path: '/client/?limit=5' }, /without its query: \/client\/ purges the entries/],
    [{ soft: 'yes' }, /^"soft" in the body must be boolean$/],
    [['client'], /^the body must be object or null$/],
  ] as const) {
    const answer = await ask('/-/purge', { token: null, ...post(body) })
    t.equal(answer.status, 400, JSON.stringify(body))
    t.match(problemOf(answer).error, { reason: 'BAD_REQUEST', message })
  }
  const text = { method: 'POST', body: 'client', headers: { 'content-type': 'text/plain' } }
  t.equal((await ask('/-/purge', { token: null, ...text })).status, 400)
  t.equal((await status()).cache.entries, 1)
  t.strictSame(
    lines.filter(({ level }) => Number(level) >= 50),
    [],
  )
})

t.test('with an admin token, /-/ answers whoever sends it, and nobody else', async (t) => {
  const proxy = await buildTestProxy(t, { settings: { server: { adminToken: 'open-sesame' } } })
  const { ask } = proxy
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  for (const [method, path] of [
    ['GET', '/-/status'],
    ['GET', '/-/metrics'],
    ['GET', '/-/explain?path=/client/'],
    ['POST', '/-/purge'],
    ['POST', '/-/resume'],
    ['GET', '/-/nosuchpage'],
  ] as const) {
    for (const request of [{ token: null }, bearer('open-sesam'), bearer('open-sesame2'), {}]) {
      // Wrong tokens of one address are limited to ten a minute, see secrets/guard.test.ts.
      proxy.clock.advance(10_000)
      const answer = await ask(path, { method, ...request })
      t.equal(answer.status, 401, path)
      t.match(problemOf(answer).error, { reason: 'ADMIN_UNAUTHORIZED' })
    }
    const headers = { ...bearer('open-sesame').headers, host: 'proxy.example' }
    t.ok((await ask(path, { method, headers })).status !== 401, path)
  }
  t.equal((await ask('/-/livez', { token: null })).status, 200)
  t.equal((await ask('/-/readyz', { token: null })).status, 200)
})

t.test('without one, /-/ answers only who calls this machine by its own name', async (t) => {
  const { ask, app, port } = await buildTestProxy(t)
  await ask('/client/')
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '192.0.2.1',
    'localhost.evil.example',
  ]) {
    const answer = await ask('/-/status', { token: null, headers: { host } })
    t.equal(answer.status, 403, host)
    t.match(problemOf(answer).error, { reason: 'ADMIN_FORBIDDEN' })
  }
  t.match(await sendRaw(port, 'GET /-/status HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 403 /)
  for (const host of ['localhost', `localhost:${port}`, '127.0.0.1', `[::1]:${port}`]) {
    t.equal((await ask('/-/status', { token: null, headers: { host } })).status, 200, host)
  }
  const far = await app.inject({
    url: '/-/status',
    remoteAddress: '192.0.2.7',
    headers: { host: 'localhost' },
  })
  t.equal(far.statusCode, 403)
  t.equal((await ask('/-/livez', { token: null, headers: { host: 'evil.example' } })).status, 200)
})

t.test('a page from elsewhere cannot make a browser purge or resume', async (t) => {
  const { ask, status, port } = await buildTestProxy(t)
  await ask('/client/')
  for (const origin of ['https://evil.example', 'null', 'http://localhost:3000']) {
    for (const path of ['/-/purge', '/-/resume']) {
      t.equal((await ask(path, { token: null, method: 'POST', headers: { origin } })).status, 403)
    }
  }
  t.equal((await status()).cache.entries, 1)
  const own = { host: `localhost:${port}`, origin: `http://localhost:${port}` }
  t.equal((await ask('/-/purge', { token: null, method: 'POST', headers: own })).status, 200)
})
