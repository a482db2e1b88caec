import t from 'tap'
import { runCommand } from './spawn.js'
import { startStandIn } from './stand-in.js'

/** Where nothing listens: a port of the system, on an address that is this machine alone. */
const NOWHERE = 'http://127.0.0.1:1'

t.test('status shows a table, and the answer itself with --json', async (t) => {
  const body = {
    version: '1.2.3',
    budgets: { minute: { used: 3, max: 100, paused: false }, day: { used: 7, max: null } },
    consumers: [],
    names: ['a', 'b'],
  }
  const { url } = await startStandIn(t, () => ({ body }))
  t.strictSame(await runCommand(['status', '--url', `${url}/`]), {
    code: 0,
    out: [
      'version         1.2.3',
      'budgets minute  used 3, max 100, paused no',
      'budgets day     used 7, max -',
      'consumers       none',
      'names           a, b',
      '',
    ].join('\n'),
    err: '',
  })
  const { out } = await runCommand(['status', '--url', url, '--json'])
  t.strictSame(JSON.parse(out), body)
})

t.test('finds the proxy and its token in the configuration', async (t) => {
  const { port, asked } = await startStandIn(t, () => ({ body: {} }))
  const cwd = t.testdir({ 'c.yaml': `server: { host: 0.0.0.0, port: ${port}, adminToken: one }` })
  const config = ['--config', 'c.yaml']
  await runCommand(['status', ...config], { cwd })
  await runCommand(['status', ...config], { cwd, env: { INTERVALS_PROXY_ADMIN_TOKEN: 'two' } })
  await runCommand(['status', ...config, '--admin-token', 'three'], { cwd })
  t.strictSame(
    asked.map(({ path, authorization }) => [path, authorization]),
    [
      ['/-/status', 'Bearer one'],
      ['/-/status', 'Bearer two'],
      ['/-/status', 'Bearer three'],
    ],
  )
})

t.test('purge sends what to drop', async (t) => {
  const { url, asked } = await startStandIn(t, () => ({ body: { purged: 1 } }))
  const purge = (...args: string[]) => runCommand(['purge', '--url', url, ...args])
  t.match(await purge('--all'), { code: 0, out: 'purged 1 answer\n' })
  t.match(await purge('--resource', 'task', '--soft'), { out: 'marked 1 answer as stale\n' })
  t.match(await purge('--account', 'a', '--path', '/task/1/', '--json'), { out: '{"purged":1}\n' })
  t.strictSame(
    asked.map(({ method, path, body }): unknown => [method, path, JSON.parse(body)]),
    [
      ['POST', '/-/purge', {}],
      ['POST', '/-/purge', { resource: 'task', soft: true }],
      ['POST', '/-/purge', { account: 'a', path: '/task/1/' }],
    ],
  )
})

t.test('explain passes the whole path on', async (t) => {
  const { url, asked } = await startStandIn(t, () => ({ body: { outcome: 'hit', ttl: 5 } }))
  const { out } = await runCommand(['explain', '/task/?limit=10&a=b c', '--url', url])
  t.equal(out, 'outcome  hit\nttl      5\n')
  const { searchParams } = new URL(asked[0]?.path ?? '', url)
  t.equal(searchParams.get('path'), '/task/?limit=10&a=b c')
})

t.test('says what to do when nothing answers', async (t) => {
  const { code, out, err } = await runCommand(['status', '--url', NOWHERE])
  t.equal(code, 1)
  t.equal(out, '')
  t.equal(
    err,
    `intervals-proxy: nothing answers at ${NOWHERE}: is the proxy running? start it with "intervals-proxy serve", or say where it is with --url\n`,
  )
})

t.test('says what to do about a refusal', async (t) => {
  const answers: Readonly<Record<string, { status: number; body: unknown }>> = {
    'wants its admin token': { status: 401, body: {} },
    'is --url right?': { status: 404, body: '<html>' },
    'answers, but not like intervals-proxy': { status: 200, body: 'hello' },
    'refuses: no such resource': {
      status: 400,
      body: { error: { message: 'no such resource' } },
    },
  }
  for (const [message, answer] of Object.entries(answers)) {
    const { url } = await startStandIn(t, () => answer)
    const { code, err } = await runCommand(['status', '--url', url])
    t.equal(code, 1)
    t.match(err, message)
  }
})

t.test('never prints the token', async (t) => {
  const { url } = await startStandIn(t, () => ({ status: 403, body: {} }))
  const { code, err } = await runCommand(['status', '--url', url, '--admin-token', 'hush'])
  t.equal(code, 1)
  t.match(err, 'does not take this admin token')
  t.notMatch(err, 'hush')
})

t.test('a bad configuration is reported before anything is asked', async (t) => {
  const { code, err } = await runCommand(['status'], { env: { INTERVALS_PROXY_PORT: 'x' } })
  t.equal(code, 1)
  t.match(err, 'environment: INTERVALS_PROXY_PORT: expected an integer')
  t.match(err, 'name one with --url')
})
