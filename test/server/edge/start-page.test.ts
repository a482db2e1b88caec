import t from 'tap'
import { basic } from '../client.js'
import { buildTestProxy } from '../build.js'
import { arrivalTarget } from '../../../src/server/edge/arrival-target.js'

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

t.test('a browser that opens the base URL is redirected to the dashboard', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const path of ['/', '/-']) {
    const { status, headers } = await ask(path, { token: null, headers: BROWSER })
    t.equal(status, 303, path)
    t.equal(new URL(headers.location ?? '', `http://proxy${path}`).pathname, '/-/')
    t.equal(
      new URL(headers.location ?? '', `http://proxy/prefix${path}`).pathname,
      '/prefix/-/',
      'behind a path of a reverse proxy too',
    )
    t.notHas(headers, 'www-authenticate')
  }
  t.equal((await ask('/-')).status, 303, 'with a token too')
  t.equal(sim.arrivals.length, 0)
})

t.test('with keys required too', async (t) => {
  const key = `sha256:${'0'.repeat(64)}`
  const { ask, sim } = await buildTestProxy(t, {
    settings: { consumers: { one: { key, credential: 'env:TOKEN' } }, secrets: { TOKEN: 'x' } },
  })
  t.equal((await ask('/', { token: null, headers: BROWSER })).status, 303)
  t.equal((await ask('/-', { token: null })).status, 303)
  t.equal((await ask('/', { token: null })).status, 401)
  t.equal(sim.arrivals.length, 0)
})

t.test('the root of everything else is the one of Intervals', async (t) => {
  const authorization = basic('a')
  const cases = [
    { method: 'GET', url: '/', headers: { ...BROWSER, authorization } },
    { method: 'GET', url: '/', headers: { accept: 'application/json' } },
    { method: 'GET', url: '/', headers: {} },
    { method: 'POST', url: '/', headers: BROWSER },
    { method: 'GET', url: '/?a', headers: BROWSER },
    { method: 'GET', url: '/client/', headers: BROWSER },
  ]
  for (const request of cases) t.equal(arrivalTarget(request), request.url, JSON.stringify(request))
})

t.test('the profile http forwards both', async (t) => {
  const { ask, sim } = await buildTestProxy(t, { settings: { cache: { profile: 'http' } } })
  for (const path of ['/', '/-']) await ask(path, { token: null, headers: BROWSER })
  t.equal(sim.arrivals.length, 2)
})
