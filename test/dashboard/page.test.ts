/** Who gets the page, and with which headers; the acts behind it are not for another page. */
import t from 'tap'
import { PAGE, readAssets } from '../../src/dashboard/assets.js'
import { buildTestProxy } from '../server/build.js'

const isBuilt = readAssets().size > 0 ? {} : { skip: 'needs the page: npm run build' }

t.test('the page with its files, each strict and with a tag', isBuilt, async (t) => {
  const proxy = await buildTestProxy(t)
  const page = await proxy.ask('/-/', { token: null })
  t.equal(page.status, 200)
  t.match(page.headers['content-type'], 'text/html')
  t.match(page.headers, {
    'cache-control': 'no-cache',
    'content-security-policy': /default-src 'none'; script-src 'self'; style-src 'self';/,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
  t.notMatch(page.headers['content-security-policy'], /unsafe/)
  t.notMatch(
    page.text,
    /https?:|\sstyle=|\son\w+=|<script(?![^>]*src=)/,
    'nothing inline, no other host',
  )
  for (const name of readAssets().keys()) {
    if (name === PAGE) continue
    const { status, headers } = await proxy.ask(`/-/${name}`, { token: null })
    t.equal(status, 200, name)
    const again = { 'if-none-match': headers.etag }
    t.equal((await proxy.ask(`/-/${name}`, { token: null, headers: again })).status, 304)
  }
  for (const name of ['..%2fmain.js', 'main.ts', 'tsconfig.json', '%2e%2e/status']) {
    const { status } = await proxy.ask(`/-/dashboard/page/${name}`, { token: null })
    t.ok([400, 404].includes(status), name)
  }
})

t.test('without a token: this machine by its own name only', async (t) => {
  const proxy = await buildTestProxy(t)
  for (const path of ['/-/', '/-/dashboard/stream', '/-/dashboard/page/main.js']) {
    for (const headers of [
      { host: 'rebound.example' },
      { origin: 'https://evil.example' },
      { 'x-forwarded-for': '203.0.113.7' },
    ]) {
      const { status } = await proxy.ask(path, { token: null, headers })
      t.ok([403, 404].includes(status), `${path} ${JSON.stringify(headers)}`)
    }
  }
  for (const act of ['purge', 'pause', 'resume']) {
    const headers = { origin: 'https://evil.example', 'content-type': 'application/json' }
    const { status } = await proxy.ask(`/-/${act}`, {
      method: 'POST',
      token: null,
      headers,
      body: '{}',
    })
    t.equal(status, 403, act)
  }
})

t.test('with a token: the page asks for it, and its figures need it', isBuilt, async (t) => {
  const proxy = await buildTestProxy(t, { settings: { server: { adminToken: 'geheim' } } })
  const page = await proxy.ask('/-/', { token: null })
  t.equal(page.status, 401)
  t.match(page.text, 'id="login"')
  t.equal(page.headers['www-authenticate'], 'Bearer realm="intervals-proxy"')
  t.equal((await proxy.ask('/-/dashboard/page/main.js', { token: null })).status, 200)
  const stream = await proxy.ask('/-/dashboard/stream', { token: null })
  t.equal(stream.status, 401)
  t.equal(
    stream.headers['www-authenticate'],
    'Bearer realm="intervals-proxy"',
    'no dialog of Basic',
  )
  const headers = { authorization: 'Bearer geheim' }
  t.equal((await proxy.ask('/-/', { token: null, headers })).status, 200)
})
