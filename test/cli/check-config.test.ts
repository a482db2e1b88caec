import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCommand } from './spawn.js'
import { inProject } from '../project.js'

const EXAMPLE = fileURLToPath(inProject('config/intervals-proxy.example.yaml'))
const BAD = 'server:\n  port: 80a\nlimits:\n  minut: {}\n'
const COMPLAINTS = [
  'bad.yaml:2:9: server.port: expected an integer from 0 to 65535, got "80a"',
  'bad.yaml:4:3: limits.minut: unknown setting; did you mean limits.minute?',
  'environment: INTERVALS_PROXY_PROT: unknown variable; did you mean INTERVALS_PROXY_PORT?',
]
const TOTAL =
  'intervals-proxy: 3 mistakes in the configuration; config/README.md lists all settings'

t.test('takes the example', async (t) => {
  t.strictSame(await runCommand(['check-config', EXAMPLE]), {
    code: 0,
    out: `ok: ${EXAMPLE}: 0 settings differ from the defaults\n`,
    err: '',
  })
})

t.test('counts what differs, and prints warnings', async (t) => {
  const env = { INTERVALS_PROXY_HOST: '0.0.0.0', INTERVALS_PROXY_LOG_LEVEL: 'info' }
  const { code, out } = await runCommand(['check-config'], { env })
  t.equal(code, 0)
  t.match(out, /^warning: environment: INTERVALS_PROXY_HOST: server\.adminToken is not set/u)
  t.match(out, /^ok: no file: 1 setting differs from the defaults$/mu)
})

t.test('prints every mistake, from the file that serve would read', async (t) => {
  const cwd = t.testdir({ 'bad.yaml': BAD })
  const env = { INTERVALS_PROXY_PROT: '1' }
  const expected = { code: 1, out: '', err: [...COMPLAINTS, TOTAL, ''].join('\n') }
  t.strictSame(await runCommand(['check-config', 'bad.yaml'], { cwd, env }), expected)
  t.strictSame(await runCommand(['check-config', '--config', 'bad.yaml'], { cwd, env }), expected)
  const named = { ...env, INTERVALS_PROXY_CONFIG: 'bad.yaml' }
  t.strictSame(await runCommand(['check-config'], { cwd, env: named }), expected)
})

t.test('serve says the same and does not start', async (t) => {
  const cwd = t.testdir({ 'bad.yaml': BAD })
  const { code, err } = await runCommand(['--config', 'bad.yaml', '--port', '0'], {
    cwd,
    env: { INTERVALS_PROXY_PROT: '1' },
  })
  t.equal(code, 1)
  t.equal(err, [...COMPLAINTS, TOTAL, ''].join('\n'))
})

t.test('a file that is not there is refused', async (t) => {
  const { code, err } = await runCommand(['check-config', 'no.yaml'])
  t.equal(code, 1)
  t.match(err, 'no.yaml: the configuration file does not exist')
})
