import t from 'tap'
import { buildHttpProxy } from './setup.js'

const JSON_TYPE = { 'content-type': 'application/json' }

t.test('/-/ in this profile: what is stored, and what would happen', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) =>
      response
        .writeHead(200, { 'cache-control': 'max-age=60', etag: '"a"', vary: 'Accept-Language' })
        .end('body'),
  })
  const explain = async (path: string, headers = {}) =>
    JSON.parse((await proxy.get(`/-/explain?path=${encodeURIComponent(path)}`, headers)).text)
  t.match(await explain('/a?b=1'), {
    answer: 'fetched',
    why: 'uri-miss',
    calls: 1,
    profile: 'http',
  })
  await proxy.get('/a?b=1')
  t.match(await explain('/a?b=1'), { answer: 'hit', calls: 0, variesBy: ['accept-language'] })
  t.match(await explain('/a?b=1', { 'accept-language': 'de' }), {
    answer: 'fetched',
    why: 'vary-miss',
  })
  t.match(await explain('/a?b=1', { 'cache-control': 'no-cache' }), {
    answer: 'validated',
    calls: 1,
  })
  t.match(await explain('/a?b=1', { 'cache-control': 'no-store' }), { answer: 'forwarded' })
  t.match(await explain('/a//b'), { answer: 'refused' })
  t.equal(proxy.arrivals.length, 1, 'an explanation spends nothing')

  const status = JSON.parse((await proxy.get('/-/status')).text)
  t.match(status.cache, { entries: 1, flights: 0 })
  t.ok(status.cache.bytes > 0)
  t.match((await proxy.get('/-/metrics')).text, /intervals_proxy_cache_entries 1/u)

  const purge = (selection: object) =>
    proxy.send('POST', '/-/purge', { headers: JSON_TYPE, body: JSON.stringify(selection) })
  t.equal((await purge({ resource: 'task' })).status, 400)
  t.match(JSON.parse((await purge({ path: '/b' })).text), { purged: 0 })
  t.match(JSON.parse((await purge({ path: '/a', soft: true })).text), { purged: 1 })
  t.match(await explain('/a?b=1'), { answer: 'validated', why: 'stale' })
  t.match(JSON.parse((await purge({ path: '/a' })).text), { purged: 1 })
  t.match(await explain('/a?b=1'), { answer: 'fetched' })
})

t.test('one permit for each request that leaves, whatever it is', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const isKnown = request.headers['if-none-match'] !== undefined
      const headers = { 'cache-control': 'max-age=10', etag: '"a"' }
      response.writeHead(isKnown ? 304 : 200, headers).end()
    },
  })
  for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE']) await proxy.send(method, '/a')
  await proxy.get('/a')
  proxy.clock.advance(11_000)
  for (let n = 0; n < 3; n++) await proxy.get('/a')
  const { minute } = (await proxy.status()).budgets
  t.equal(minute.used, proxy.arrivals.length)
  t.ok(proxy.arrivals.length >= 6)
})

t.test('the log names what happened', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) =>
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end('body'),
  })
  await proxy.get('/a')
  await proxy.get('/a')
  const outcomes = proxy.lines.filter(({ msg }) => msg === 'request').map(({ outcome }) => outcome)
  t.strictSame(outcomes, ['uri-miss', 'hit'])
})
