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
  t.match(await runCommand(['key', 'old', 'a']), { code: 2, err: /"key new NAME" is/ })
  t.match(await runCommand(['key', 'new']), { code: 2, err: /missing required argument/ })
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
