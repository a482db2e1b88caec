// Pages of the origins in server.cors.origins, and of no other, may call the proxy from a browser.
import t from 'tap'
import { buildTestProxy, startUpstream, type TestProxyOptions } from '../build.js'

const PAGE = 'https://app.example.com'
const SETTINGS = { server: { cors: { origins: [PAGE, 'capacitor://localhost'] } } }

const OTHERS = [
  'https://evil.example.com',
  'https://app.example.com.evil.example',
  'https://xapp.example.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://APP.example.com',
  'null',
  '*',
]

const preflight = (origin: string, headers: Record<string, string> = {}) => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'POST', ...headers },
  token: null,
})

const build = (t: Parameters<typeof buildTestProxy>[0], options: TestProxyOptions = {}) =>
  buildTestProxy(t, { ...options, settings: { ...SETTINGS, ...options.settings } })

t.test('a preflight costs no call, and allows what was asked for', async (t) => {
  const { ask, sim } = await build(t)
  const names = { 'access-control-request-headers': 'authorization,content-type' }
  for (const path of ['/client/', '/time/1/', '/not-known/', '/client/?a=b']) {
    const { status, headers, text } = await ask(path, preflight(PAGE, names))
    t.equal(status, 204)
    t.equal(text, '')
    t.match(headers, {
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': /\bDELETE\b/,
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '7200',
      vary: /Origin/,
    })
    t.notHas(headers, 'access-control-allow-credentials')
  }
  t.equal(sim.arrivals.length, 0)
})

t.test('a preflight of another origin costs no call, and allows nothing', async (t) => {
  const { ask, sim } = await build(t)
  for (const origin of OTHERS) {
    const { status, headers } = await ask('/client/', preflight(origin))
    t.equal(status, 204, origin)
    t.strictSame(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
      origin,
    )
    t.match(headers['vary'], /Origin/)
  }
  t.equal(sim.arrivals.length, 0)
})

t.test('header names that are none are not repeated', async (t) => {
  const { ask } = await build(t)
  for (const names of ['', ',', 'a b', '*', '<script>', 'x'.repeat(2_000)]) {
    const { headers } = await ask(
      '/client/',
      preflight(PAGE, { 'access-control-request-headers': names }),
    )
    t.notHas(headers, 'access-control-allow-headers', names.slice(0, 20))
  }
})

t.test('misses, hits, errors and writes carry the headers, for these origins only', async (t) => {
  const { ask } = await build(t)
  const asks: readonly (readonly [string, object])[] = [
    ['/client/', {}],
    ['/client/', {}],
    ['/client/', {}],
    ['/timer/', {}],
    ['/time/', { method: 'POST', body: '{}' }],
    ['/client/', { token: 'wrong' }],
    ['/client//1', {}],
    ['/client/%zz', {}],
    ['/client/?x=1', { headers: { 'cache-control': 'only-if-cached' } }],
    ['/client/', { method: 'OPTIONS' }],
  ]
  for (const [path, options] of asks) {
    for (const origin of [PAGE, 'capacitor://localhost', ...OTHERS, undefined]) {
      const { headers } = await ask(path, {
        ...options,
        headers: {
          ...('headers' in options ? (options.headers as object) : {}),
          ...(origin !== undefined && { origin }),
        },
      })
      const isAllowed = origin === PAGE || origin === 'capacitor://localhost'
      const name = `${path} ${JSON.stringify(options)} ${origin}`
      t.equal(headers['access-control-allow-origin'], isAllowed ? origin : undefined, name)
      t.equal(headers['access-control-expose-headers'] !== undefined, isAllowed, name)
      t.match(headers['vary'], /\bOrigin\b/, name)
    }
  }
})

t.test('what the upstream says of CORS is replaced, on the hit too', async (t) => {
  const { url: upstreamUrl } = await startUpstream(t, (_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
    })
    response.end('{"code":200}')
  })
  const { ask } = await build(t, { upstreamUrl })
  for (let turn = 0; turn < 3; turn++) {
    const { headers } = await ask('/client/', { headers: { origin: OTHERS[0] } })
    t.notHas(headers, 'access-control-allow-origin')
    t.notHas(headers, 'access-control-allow-credentials')
  }
})

t.test('pages under /-/ are for no other origin', async (t) => {
  const { ask } = await build(t)
  for (const path of ['/-/livez', '/-/status', '/-/metrics']) {
    const { headers } = await ask(path, { headers: { origin: PAGE } })
    t.notHas(headers, 'access-control-allow-origin', path)
    const answer = await ask(path, preflight(PAGE))
    t.not(answer.status, 204, path)
    t.notHas(answer.headers, 'access-control-allow-origin', path)
  }
})

t.test('without the setting requests with an Origin are served as any other', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const { status, headers } = await ask('/client/', { headers: { origin: PAGE } })
  t.equal(status, 200)
  t.notHas(headers, 'access-control-allow-origin')
  t.notMatch(headers['vary'], /Origin/)
  await ask('/client/', preflight(PAGE))
  t.equal(sim.arrivals.length, 2, 'and preflights are the business of the upstream')
})
