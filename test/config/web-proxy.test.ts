import t from 'tap'
import { describeWebProxy } from '../../src/config/web-proxy.js'
import { complaints, configFrom, load } from './load.js'

const proxyWith = (env: Record<string, string>) => configFrom({ env }).upstream.proxy
const HTTPS_PROXY = 'http://web:3128'

t.test('the variable for the protocol of the upstream is used, lower case first', async (t) => {
  t.equal(proxyWith({ HTTPS_PROXY }), HTTPS_PROXY)
  t.equal(proxyWith({ HTTPS_PROXY: 'web:3128' }), HTTPS_PROXY)
  t.equal(proxyWith({ HTTPS_PROXY, https_proxy: 'http://lower:1' }), 'http://lower:1')
  t.equal(proxyWith({ HTTP_PROXY: HTTPS_PROXY }), undefined)
  const plain = { INTERVALS_PROXY_UPSTREAM: 'http://sim.example/' }
  t.equal(proxyWith({ ...plain, HTTP_PROXY: 'http://web:1' }), 'http://web:1')
  t.equal(proxyWith({ ...plain, HTTPS_PROXY }), undefined)
  t.equal(
    proxyWith({ HTTPS_PROXY, INTERVALS_PROXY_UPSTREAM_PROXY: 'http://own:1' }),
    'http://own:1',
  )
})

t.test('NO_PROXY has hosts, suffixes, ports and *', async (t) => {
  const direct = ['*', 'api.myintervals.com', 'myintervals.com', '.myintervals.com', '*.com']
  for (const entry of [...direct, 'API.MYINTERVALS.COM:443', 'x, myintervals.com']) {
    t.equal(proxyWith({ HTTPS_PROXY, NO_PROXY: entry }), undefined, entry)
    t.equal(proxyWith({ HTTPS_PROXY, no_proxy: entry }), undefined, entry)
  }
  for (const entry of ['intervals.com', 'api.myintervals.com:8443', 'i.com', '', ',']) {
    t.equal(proxyWith({ HTTPS_PROXY, NO_PROXY: entry }), HTTPS_PROXY, entry)
  }
})

t.test('this machine is called directly unless the setting says otherwise', async (t) => {
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const env = { INTERVALS_PROXY_UPSTREAM: `https://${host}:1/`, HTTPS_PROXY }
    t.match(load({ env }), { config: { upstream: { proxy: undefined } } })
    t.match(load({ env }), { warnings: [/upstream\.proxy.*HTTPS_PROXY is not used/] })
    t.equal(proxyWith({ ...env, INTERVALS_PROXY_UPSTREAM_PROXY: 'http://own:1' }), 'http://own:1')
  }
})

t.test('a URL that cannot be used is said without its password', async (t) => {
  for (const bad of [
    'http://me:hush%@web:1',
    'http://me:hush@web:1/path',
    'socks5://me:hush@web',
  ]) {
    const [complaint = ''] = complaints({ env: { INTERVALS_PROXY_UPSTREAM_PROXY: bad } })
    t.match(complaint, 'INTERVALS_PROXY_UPSTREAM_PROXY')
    const loaded = load({ env: { HTTPS_PROXY: bad } })
    t.match(loaded, { ok: true, warnings: [/HTTPS_PROXY is not used/] })
    t.notMatch(complaint + JSON.stringify(loaded), 'hush')
  }
  t.equal(describeWebProxy('http://me:hush@web:3128'), 'http://web:3128')
})
