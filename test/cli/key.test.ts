import { createHash } from 'node:crypto'
import t from 'tap'
import { runCommand } from './spawn.js'

t.test('a key is printed alone, and its hash for the file beside it', async (t) => {
  const { code, out, err } = await runCommand(['key', 'new', 'timesheet'])
  t.equal(code, 0)
  t.match(out, /^ivp[a-z\d]{64}\n$/)
  const hash = createHash('sha256').update(out.trim()).digest('hex')
  t.match(err, `    key: sha256:${hash}\n`)
  t.match(err, '  timesheet:\n')
  t.notMatch(err, out.trim())
  t.not((await runCommand(['key', 'new', 'timesheet'])).out, out)
})

t.test('wrong usage', async (t) => {
  t.match(await runCommand(['key', 'new', 'no.dots']), {
    code: 2,
    err: /is no name for a consumer/,
  })
  t.match(await runCommand(['key', 'old', 'a']), {
    code: 2,
    err: /"key new NAME" and "key list" are/,
  })
  t.match(await runCommand(['key', 'new']), { code: 2, err: /the name is missing/ })
})

t.test('pause and resume a running proxy', async (t) => {
  const { startStandIn } = await import('./stand-in.js')
  const { url, asked } = await startStandIn(t, (path) => ({
    body: path === '/-/pause' ? { paused: ['window'] } : { resumed: ['window'] },
  }))
  t.match(await runCommand(['pause', '--url', url]), { code: 0, out: /^paused: nothing goes out/ })
  t.match(await runCommand(['resume', '--account', 'a', '--url', url]), {
    code: 0,
    out: 'goes on: window\n',
  })
  await runCommand(['resume', '--nothing-was-sent', '--url', url])
  t.match(asked, [
    { path: '/-/pause', body: '{}' },
    { path: '/-/resume', body: '{"scope":"account:a"}' },
    { path: '/-/resume', body: '{"scope":"quarantine"}' },
  ])
})

t.test('the keys of the configuration, with their expiry and last use', async (t) => {
  const key = (digit: string): string => `sha256:${digit.repeat(64)}`
  const dir = t.testdir({
    'c.yaml': [
      'consumers:',
      `  timesheet: { key: "${key('a')}", credential: env:TOKEN, expires: 2020-01-31 }`,
      `  wallboard: { key: "${key('b')}", credential: env:TOKEN, expires: 2999-12-31 }`,
      `  report: { key: "${key('c')}", credential: env:TOKEN }`,
      '  named: { share: { day: 10% } }',
    ].join('\n'),
    'none.yaml': 'log: { level: warn }\n',
  })
  const env = { TOKEN: 'abcdefghijk' }
  const { startStandIn } = await import('./stand-in.js')
  const { url } = await startStandIn(t, () => ({
    body: {
      consumers: [
        { consumer: 'wallboard', lastUsed: '2026-12-01T10:00:00.000Z' },
        { consumer: 'report', lastUsed: null },
      ],
    },
  }))
  const list = async (file: string, ...more: readonly string[]) =>
    runCommand(['key', 'list', '--config', `${dir}/${file}`, ...more], { env })
  const { code, out, err } = await list('c.yaml', '--url', url)
  t.match({ code, err }, { code: 0, err: '' })
  t.match(out, /^timesheet +- +2020-01-31 \(expired\) +not since the proxy started$/mu)
  t.match(out, /^wallboard +- +2999-12-31 +2026-12-01T10:00:00\.000Z$/mu)
  t.match(out, /^report +- +never +not since the proxy started$/mu)
  t.notMatch(out, /named|sha256/u)
  const alone = await list('c.yaml', '--url', 'http://127.0.0.1:9')
  t.match(alone, { code: 0, out: /^report .* unknown$/mu, err: /no proxy answers at/u })
  const json = JSON.parse((await list('c.yaml', '--url', url, '--json')).out) as { keys: object[] }
  t.match(json.keys, [{ consumer: 'timesheet', isExpired: true, expires: '2020-01-31' }, {}, {}])
  t.match((await list('none.yaml', '--url', url)).out, /No consumer has a key/u)
  t.match(await runCommand(['key', 'list', 'all']), {
    code: 2,
    err: /"key list all" is no command/u,
  })
  t.match((await runCommand(['key', '--help'])).out, /To revoke a key/u)
})
