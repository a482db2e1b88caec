/** Each thing the doctor looks at, when it is not as it should be. */
import { X509Certificate } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import t, { type Test } from 'tap'
import { checkCertificate, SOON_MS } from '../../src/cli/doctor/doctor-tls.js'
import type { Finding } from '../../src/report/doctor-finding.js'
import { buildTestProxy, type TestProxy } from '../server/build.js'
import { elsewhere, localhost } from '../server/edge/tls/fixtures.js'
import { fakeTerminal, runInProcess } from './in-process.js'

interface Place {
  readonly cwd?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** What the doctor finds, by subject; the last of several. */
async function examine({ cwd = '/', args = [], env = {} }: Place) {
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  const run = await runInProcess(['doctor', '--json', ...args], { cwd, env, readFile })
  const findings = JSON.parse(run.out) as readonly Finding[]
  const bySubject = Object.fromEntries(findings.map((one) => [one.subject, one]))
  return { ...run, findings, bySubject }
}

const settingsOf = ({ port, sim }: TestProxy) => ({
  INTERVALS_PROXY_PORT: String(port),
  INTERVALS_PROXY_UPSTREAM: sim.url,
})

t.test('the quota is asked through the proxy, with a credential only, for one call', async (t) => {
  const proxy = await buildTestProxy(t, { simulator: { dayMax: 6_000 } })
  const env = settingsOf(proxy)
  t.match((await examine({ env })).bySubject['quota'], { level: 'ok', message: /costs one call/ })
  t.equal(proxy.sim.arrivals.length, 0)

  const args = ['--credential', 'env:TOKEN']
  const good = await examine({ args, env: { ...env, TOKEN: 'agencyadm01' } })
  t.equal(good.code, 0)
  t.match(good.bySubject, {
    quota: { level: 'ok', message: /takes the token, and counts \d+ of 6000 calls/ },
    clock: { level: 'ok', message: /which is harmless/ },
  })
  t.equal(proxy.sim.arrivals.length, 1)

  const cwd = t.testdir({ token: 'nobody-knows-it\n' })
  const bad = await examine({ args: ['--credential', 'file:token'], cwd, env })
  t.equal(bad.code, 1)
  t.match(bad.bySubject['quota'], { level: 'fail', message: /is not taken: .*API access/ })
  t.notMatch(bad.out, 'nobody-knows-it')
})

t.test(
  'the upstream that the running proxy uses is checked, and a difference is said',
  async (t) => {
    const proxy = await buildTestProxy(t)
    const env = {
      INTERVALS_PROXY_PORT: String(proxy.port),
      INTERVALS_PROXY_UPSTREAM: 'http://127.0.0.1:9/',
    }
    const { findings, code } = await examine({ env })
    const [difference, connection] = findings.filter(({ subject }) => subject === 'upstream')
    t.match(difference, {
      level: 'warn',
      message: /names http:\/\/127\.0\.0\.1:9\/: run doctor with/,
    })
    t.match(connection, { level: 'ok' })
    t.ok(connection?.message.includes(proxy.sim.url))
    t.equal(code, 0)
    const same = await examine({ env: settingsOf(proxy) })
    t.equal(same.findings.filter(({ subject }) => subject === 'upstream').length, 1)
  },
)

t.test('past a proxy that does not run no call is made', async (t) => {
  const { sim } = await buildTestProxy(t)
  const env = {
    INTERVALS_PROXY_PORT: '1',
    INTERVALS_PROXY_UPSTREAM: sim.url,
    TOKEN: 'agencyadm01',
  }
  const { bySubject } = await examine({ args: ['--credential', 'env:TOKEN'], env })
  t.match(bySubject['quota'], { level: 'warn', message: /only a proxy that runs counts the call/ })
  t.match(bySubject['health'], { level: 'warn', message: /nothing answers/ })
  t.equal(sim.arrivals.length, 0)
})

t.test('a token on the command line is refused, and not repeated', async (t) => {
  for (const value of ['agencyadm01', 'env:', 'env:NOT_SET', 'file:nowhere']) {
    const { code, err } = await runInProcess(['doctor', '--credential', value])
    t.equal(code, 2)
    t.match(err, '--credential: ')
    t.notMatch(err, 'agencyadm01')
  }
})

t.test('what keeps calls back is said', async (t) => {
  const proxy = await buildTestProxy(t, { settings: { limits: { day: { max: 1 } } } })
  const env = settingsOf(proxy)
  await proxy.ask('/client/')
  const spent = await examine({ env })
  t.match(spent.bySubject, {
    health: { level: 'warn', message: /^day-spent since .*: The day is spent. 1 of 1 calls/ },
    budgets: { level: 'ok', message: /^1 of 1 calls of the day of default/ },
  })
  await proxy.ask('/-/pause', { method: 'POST', token: null })
  const reasons = (await examine({ env })).findings.filter(({ subject }) => subject === 'health')
  t.match(reasons, [{ message: /^paused since .*by hand/ }, { message: /^day-spent since / }])
})

t.test('an admin token: too short, or another one than that of the proxy', async (t) => {
  const adminToken = 'correct horse battery'.replaceAll(' ', '-')
  const proxy = await buildTestProxy(t, { settings: { server: { adminToken } } })
  const env = { ...settingsOf(proxy), INTERVALS_PROXY_ADMIN_TOKEN: 'short' }
  const wrong = await examine({ env })
  t.match(wrong.bySubject, {
    access: { level: 'warn', message: /has 5 characters and could be guessed: .*openssl rand/ },
    health: { level: 'warn', message: /does not take this admin token/ },
  })
  t.notMatch(wrong.out, 'short"')
  const right = await examine({ env: { ...env, INTERVALS_PROXY_ADMIN_TOKEN: adminToken } })
  t.match(right.bySubject, { access: { level: 'ok' }, budgets: { level: 'ok' } })
})

t.test('files that every user can read', async (t) => {
  const cwd = t.testdir({
    'c.yaml':
      'server: { adminToken: correct-horse-battery }\nconsumers:\n  a:\n    key: ' +
      `sha256:${'0'.repeat(64)}\n    credential: file:token\n`,
    token: 'agencyadm01',
    'intervals-proxy-data': { 'secret.key': 'x' },
  })
  const args = ['--config', 'c.yaml']
  const env = { INTERVALS_PROXY_PORT: '1', INTERVALS_PROXY_UPSTREAM: 'http://127.0.0.1:2/' }
  for (const name of ['c.yaml', 'token', 'intervals-proxy-data/secret.key'])
    chmodSync(join(cwd, name), 0o644)
  const { bySubject } = await examine({ cwd, args, env })
  t.match(bySubject, {
    'secret files': {
      level: 'warn',
      message: /every user can read \S+c\.yaml, \S+token: chmod o=/,
    },
    'data directory': { level: 'warn', message: /other users can read secret\.key in/ },
  })
  for (const name of ['c.yaml', 'token', 'intervals-proxy-data/secret.key'])
    chmodSync(join(cwd, name), 0o600)
  chmodSync(join(cwd, 'intervals-proxy-data'), 0o777)
  t.match((await examine({ cwd, args, env })).bySubject, {
    'secret files': { level: 'ok' },
    'data directory': { level: 'warn', message: /can be written by other users: chmod 700/ },
  })
})

t.test('a configuration without secrets may be read by all', async (t) => {
  const cwd = t.testdir({ 'c.yaml': 'server: { port: 1 }' })
  const { bySubject } = await examine({ cwd, args: ['--config', 'c.yaml'] })
  t.notOk(bySubject['secret files'])
})

t.test('the own certificate: good, soon over, over, and not yet', async (t) => {
  const { validFrom, validTo } = new X509Certificate(localhost.cert)
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)]
  const at = (nowMs: number): Finding => checkCertificate(localhost.cert, 'cert.pem', nowMs)
  t.match(at(from + 1), { level: 'ok', message: /^cert\.pem for localhost.*valid until 21/ })
  t.match(at(to - SOON_MS + 1), { level: 'warn', message: /ends in 13 days.*put a new one/ })
  t.match(at(to), { level: 'fail', message: /ended on .*, and clients refuse it/ })
  t.match(at(from - 1), { level: 'fail', message: /is not valid before .*is this clock right/ })

  const cwd = t.testdir({
    'c.yaml': 'server: { port: 1, tls: { cert: cert.pem, key: key.pem } }',
    'cert.pem': localhost.cert,
    'key.pem': localhost.key,
  })
  chmodSync(join(cwd, 'key.pem'), 0o604)
  const { bySubject } = await examine({ cwd, args: ['--config', 'c.yaml'] })
  t.match(bySubject['certificate'], { level: 'ok' })
  t.match(bySubject['secret files'], { level: 'warn', message: /every user can read \S+key\.pem:/ })
})

async function tlsUpstream(t: Test, pair: typeof localhost) {
  let asked = 0
  const server = createServer(pair, (_request, response) => {
    asked++
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const { port } = server.address() as AddressInfo
  return { url: `https://localhost:${port}/`, asked: () => asked }
}

t.test('the upstream: its TLS, its certificate, and the addresses of both ends', async (t) => {
  const upstream = await tlsUpstream(t, localhost)
  const cwd = t.testdir({ 'ca.pem': localhost.cert })
  const env = { INTERVALS_PROXY_PORT: '1', INTERVALS_PROXY_UPSTREAM: upstream.url }
  t.match((await examine({ cwd, env })).bySubject['upstream'], {
    level: 'fail',
    message: /certificate is not trusted \(\w+\): name the CA that signed it in upstream\.ca/,
  })
  const trusting = {
    ...env,
    INTERVALS_PROXY_UPSTREAM_CA: 'ca.pem',
    HTTPS_PROXY: 'http://proxy:3128',
  }
  const { findings } = await examine({ cwd, env: trusting })
  t.match(
    findings.find(({ subject }) => subject === 'upstream'),
    { level: 'ok', message: /TLS 1\.3, its certificate is valid until 21.*no request spent/ },
  )
  t.match(
    findings.filter(({ subject }) => subject === 'egress'),
    [
      { level: 'ok', message: /^from \S+ to \S+; the limit per minute is that of the address/ },
      { level: 'warn', message: /^HTTPS_PROXY is set, and not used/ },
    ],
  )
  t.equal(upstream.asked(), 0)

  const other = await tlsUpstream(t, elsewhere)
  const cwdOfOther = t.testdir({ 'ca.pem': elsewhere.cert })
  const { bySubject } = await examine({
    cwd: cwdOfOther,
    env: { ...trusting, INTERVALS_PROXY_UPSTREAM: other.url },
  })
  t.match(bySubject['upstream'], { level: 'fail', message: /is for another host/ })
})

t.test('Redis that is not there is said without its password', async (t) => {
  const env = {
    INTERVALS_PROXY_PORT: '1',
    INTERVALS_PROXY_UPSTREAM: 'http://127.0.0.1:2/',
    INTERVALS_PROXY_REDIS_URL: 'redis://proxy:hush@127.0.0.1:3/',
  }
  const { code, bySubject, out } = await examine({ env })
  t.equal(code, 1)
  t.match(bySubject['Redis'], {
    level: 'fail',
    message: '127.0.0.1:3: nothing listens there: check store.redis, and that Redis runs',
  })
  t.notMatch(out, 'hush')
})

t.test('on a terminal lines are broken between words, below each other', async (t) => {
  const { terminal } = fakeTerminal({ columns: 60, hasColours: true })
  const env = { INTERVALS_PROXY_PORT: '1', INTERVALS_PROXY_UPSTREAM: 'http://127.0.0.1:2/' }
  const cwd = t.testdir({})
  const wide = await runInProcess(['doctor'], { cwd, env })
  const { out } = await runInProcess(['doctor'], { cwd, env, terminal })
  t.match(out, '\u001b[31mfail\u001b[39m  proxy           nothing answers at')
  const plain = stripVTControlCharacters(out).split('\n')
  t.ok(plain.every((line) => line.length <= 60 || !line.trim().includes(' ', 22)))
  t.equal(plain.join('\n').replaceAll(/\n {22}/gu, ' '), wide.out, 'and say the same')
})
