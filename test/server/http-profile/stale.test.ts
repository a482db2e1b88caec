import t from 'tap'
import { until } from '../client.js'
import { buildHttpProxy, cacheStatusOf, holding, type Handler } from './setup.js'

const says =
  (cacheControl: string, body: string): Handler =>
  (_request, response) =>
    void response.writeHead(200, { 'cache-control': cacheControl, etag: `"${body}"` }).end(body)
/** After a call has failed, the upstream is not asked for the same for this long. */
const COOLDOWN_MS = 10_000
const breaks: Handler = (request) => request.socket.destroy()
const refuses: Handler = (_request, response) => void response.writeHead(503).end('down')

t.test(
  'an upstream that cannot be reached: what is stored, unless that is forbidden',
  async (t) => {
    const cases: readonly [string, number][] = [
      ['max-age=10', 200],
      ['max-age=10, stale-if-error=60', 200],
      ['max-age=10, stale-if-error=1', 502],
      ['max-age=10, must-revalidate', 502],
      ['max-age=10, proxy-revalidate', 502],
      ['s-maxage=10', 502],
      ['max-age=10, no-cache', 502],
    ]
    for (const [value, status] of cases) {
      const proxy = await buildHttpProxy(t, { handler: says(value, 'old') })
      await proxy.get('/a')
      proxy.clock.advance(20_000)
      proxy.answers(breaks)
      const answer = await proxy.get('/a')
      t.equal(answer.status, status, value)
      if (status !== 200) continue
      t.match(cacheStatusOf(answer), /fwd=stale; .*ttl=-\d+; detail=served-on-error/u)
      const calls = proxy.arrivals.length
      for (let n = 0; n < 10; n++) t.equal((await proxy.get('/a')).text, 'old')
      t.equal(proxy.arrivals.length, calls, 'and it is left alone for a while')
      proxy.clock.advance(86_500_000)
      t.equal((await proxy.get('/a')).status, 502, 'not for ever')
    }
    t.comment(`${cases.length} directives tried`)
  },
)

t.test('an error of the upstream is passed on, unless stale-if-error says otherwise', async (t) => {
  for (const [value, status] of [
    ['max-age=10', 503],
    ['max-age=10, stale-if-error=60', 200],
    ['max-age=10, stale-if-error=60, must-revalidate', 503],
  ] as const) {
    const proxy = await buildHttpProxy(t, { handler: says(value, 'old') })
    await proxy.get('/a')
    proxy.clock.advance(20_000)
    proxy.answers(refuses)
    const answer = await proxy.get('/a')
    t.equal(answer.status, status, value)
    t.match(cacheStatusOf(answer), /fwd=stale; fwd-status=503/u)
    proxy.clock.advance(COOLDOWN_MS)
    proxy.answers(says(value, 'new'))
    t.equal((await proxy.get('/a')).text, 'new', 'what came back is used again')
  }
})

t.test('a stored answer is not replaced by an error that could be stored', async (t) => {
  const proxy = await buildHttpProxy(t, { handler: says('max-age=10, stale-if-error=600', 'old') })
  await proxy.get('/a')
  proxy.clock.advance(20_000)
  proxy.answers((_request, response) =>
    response.writeHead(500, { 'cache-control': 'max-age=600' }).end('broken'),
  )
  t.equal((await proxy.get('/a')).text, 'old')
  proxy.clock.advance(COOLDOWN_MS)
  t.equal((await proxy.get('/a')).text, 'old')
  t.equal(proxy.arrivals.length, 3)
})

t.test('stale-while-revalidate: at once, and one call behind for all', async (t) => {
  const value = 'max-age=10, stale-while-revalidate=60'
  const proxy = await buildHttpProxy(t, { handler: says(value, 'old') })
  await proxy.get('/a')
  proxy.clock.advance(20_000)
  const calls = holding(says(value, 'new'))
  proxy.answers(calls.handler)
  const answers = await Promise.all(Array.from({ length: 20 }, () => proxy.get('/a')))
  t.ok(answers.every(({ text }) => text === 'old'))
  t.match(cacheStatusOf(answers[0]!), /hit; ttl=-\d+; detail=stale-while-revalidate/u)
  await until(() => calls.count() > 0, 'the refresh is out')
  t.equal(calls.count(), 1)
  t.equal(proxy.arrivals.at(-1)!.headers['if-none-match'], '"old"')
  calls.releaseAll()
  proxy.answers(() => t.fail('one call is enough'))
  await proxy.untilNoCalls()
  t.equal((await proxy.get('/a')).text, 'new')
  proxy.clock.advance(80_000)
  proxy.answers(says(value, 'newer'))
  t.equal((await proxy.get('/a')).text, 'newer', 'past the window it waits')
})

t.test('a limit that is reached: what is stored; only-if-cached: 504', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: says('max-age=10', 'old'),
    settings: { limits: { minute: { max: 2 }, queue: { maxWait: '0ms' } } },
  })
  await proxy.get('/a')
  t.equal((await proxy.get('/b', { 'cache-control': 'only-if-cached' })).status, 504)
  t.equal((await proxy.get('/a', { 'cache-control': 'only-if-cached' })).text, 'old')
  proxy.clock.advance(20_000)
  t.equal((await proxy.get('/b')).status, 200, 'the second of what may leave at once')
  const refused = await proxy.get('/c')
  t.equal(refused.status, 429)
  const stale = await proxy.get('/a')
  t.equal(stale.text, 'old')
  t.match(cacheStatusOf(stale), /detail=served-on-refusal/u)
  t.equal(proxy.arrivals.length, 2)
})

t.test('equal requests at once: one call, if what it brings is for all of them', async (t) => {
  const cases: readonly [string, number][] = [
    ['max-age=60', 1],
    // The first one's call shows that it was nothing to wait for, and the others ask for themselves.
    ['no-store', 50],
    ['private, max-age=60', 50],
    ['max-age=0', 50],
  ]
  for (const [value, expected] of cases) {
    const calls = holding(says(value, 'body'))
    const proxy = await buildHttpProxy(t, { handler: calls.handler })
    const asked = Array.from({ length: 50 }, () => proxy.get('/a'))
    await proxy.untilRequests(50)
    await until(() => calls.count() === 1, 'one call')
    calls.release(0)
    proxy.answers(says(value, 'body'))
    const answers = await Promise.all(asked)
    t.ok(answers.every(({ text }) => text === 'body'))
    t.equal(proxy.arrivals.length, expected, value)
    const collapsed = answers.filter((answer) => cacheStatusOf(answer).includes('collapsed')).length
    t.equal(collapsed, 50 - expected)
  }
})

t.test('whoever asks for another variant is not kept waiting for long', async (t) => {
  const vary: Handler = (request, response) =>
    void response
      .writeHead(200, { 'cache-control': 'max-age=60', vary: 'Foo' })
      .end(String(request.headers['foo']))
  const proxy = await buildHttpProxy(t, { handler: vary })
  await proxy.get('/a', { foo: '0' })
  const calls = holding(vary)
  proxy.answers(calls.handler)
  const asked = ['1', '2', '2'].map((foo) => proxy.get('/a', { foo }))
  await proxy.untilRequests(4)
  await until(() => calls.count() === 2, 'one call for each variant')
  calls.releaseAll()
  t.strictSame(
    (await Promise.all(asked)).map(({ text }) => text),
    ['1', '2', '2'],
  )
  t.equal(proxy.arrivals.length, 3)
})

t.test('the first one goes away: the others get what it was waiting for', async (t) => {
  const calls = holding(says('max-age=60', 'body'))
  const proxy = await buildHttpProxy(t, { handler: calls.handler })
  const leaving = new AbortController()
  const first = proxy.send('GET', '/a', { signal: leaving.signal })
  await until(() => calls.count() === 1, 'the call is out')
  const second = proxy.get('/a')
  await proxy.untilRequests(2)
  leaving.abort()
  await t.rejects(first)
  calls.releaseAll()
  t.equal((await second).text, 'body')
  t.equal(proxy.arrivals.length, 1)
})

t.test('beyond capacity: hits and stale answers go on, the rest is a 503', async (t) => {
  let isBusy = false
  const proxy = await buildHttpProxy(t, {
    handler: says('max-age=10', 'old'),
    isUnderPressure: () => isBusy,
  })
  await proxy.get('/a')
  isBusy = true
  t.equal((await proxy.get('/a')).text, 'old')
  t.equal((await proxy.get('/b')).status, 503)
  proxy.clock.advance(20_000)
  t.match(cacheStatusOf(await proxy.get('/a')), /detail=served-on-refusal/u)
  isBusy = false
  t.match(
    cacheStatusOf(await proxy.get('/a')),
    /fwd-status=200/u,
    'and the upstream is asked again',
  )
  t.equal(proxy.arrivals.length, 2)
})
