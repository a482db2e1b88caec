import { readFileSync } from 'node:fs'
import t from 'tap'
import { runCommand, runCommandAlone } from './spawn.js'
import { inProject } from '../project.js'

const COMMANDS = [
  'serve',
  'simulate',
  'check-config',
  'status',
  'purge',
  'explain',
  'advise',
  'key',
  'pause',
  'resume',
  'doctor',
  'completion',
]

t.test('--help names every command', async (t) => {
  const { code, out, err } = await runCommand(['--help'])
  t.equal(code, 0)
  t.equal(err, '')
  for (const name of COMMANDS) t.match(out, new RegExp(`^ {2}${name} `, 'mu'))
  t.match(out, /^Options of serve:\n {2}-c, --config <file> [^]*--port <port>/mu)
  t.match(out, 'The dashboard of a running proxy is at /-/')
})

for (const name of COMMANDS) {
  t.test(`${name} --help`, async (t) => {
    const { code, out } = await runCommand([name, '--help'])
    t.equal(code, 0)
    t.match(out, `Usage: intervals-proxy ${name} [options]`)
    t.same(await runCommand(['help', name]), { code: 0, out, err: '' })
  })
}

t.test('serve has the flags it is known for', async (t) => {
  const { out } = await runCommand(['serve', '--help'])
  for (const flag of ['--config', '--host', '--port', '--upstream', '--data-dir', '--log-level']) {
    t.match(out, `${flag} <`)
  }
})

t.test('--version is that of the package, in a process of its own', async (t) => {
  const manifest = readFileSync(inProject('package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  t.strictSame(await runCommandAlone(['--version']), { code: 0, out: `${version}\n`, err: '' })
})

/** What is typed, and what is said about it with exit code 2. */
const wrong: Readonly<Record<string, string>> = {
  sevre: 'unknown command "sevre"; did you mean serve?',
  'check-confg a.yaml': 'unknown command "check-confg"; did you mean check-config?',
  'help sevre': 'unknown command "sevre"; did you mean serve?',
  xyzzy: 'unknown command "xyzzy"; see intervals-proxy --help',
  '9000': 'unknown command "9000"; did you mean --port 9000?',
  '--prot 3': "unknown option '--prot'",
  'serve now': "too many arguments for 'serve'",
  'serve --port': "option '--port <port>' argument missing",
  'check-config a b': "too many arguments for 'check-config'",
  explain: "missing required argument 'path'",
  'explain task': 'a path starts with a slash, such as "/task/"; got "task"',
  purge: 'say what to purge',
  'purge --all --resource task': 'say what to purge',
  'status --url localhost:8080': '--url: expected an http or https URL, got "localhost:8080"',
  'simulate --latency soon': '--latency: expected one or two durations',
  'simulate --dialect french': '--dialect: expected some of list-fewer-fields, ',
  'simulate --dialect no-listcount,page-listcount':
    'dialects no-listcount and page-listcount exclude each other',
}

for (const [line, message] of Object.entries(wrong)) {
  t.test(`wrong usage: ${line}`, async (t) => {
    const { code, out, err } = await runCommand(line.split(' '))
    t.equal(code, 2)
    t.equal(out, '')
    t.match(err, `intervals-proxy: ${message}`)
  })
}

t.test('a bad value of a flag is wrong usage too', async (t) => {
  const { code, err } = await runCommand(['--port', '80a'])
  t.equal(code, 2)
  t.match(err, 'command line: --port: expected an integer from 0 to 65535, got "80a"')
})

t.test('npm start without two hyphens before the options', async (t) => {
  const env = { npm_lifecycle_event: 'start' }
  t.match(await runCommand(['9000'], { env }), { code: 2, err: /npm start -- --port 9000/ })
})
