/** The scripts hold every command and every option; bash completes with its own. */
import { spawnSync } from 'node:child_process'
import { Command } from 'commander'
import t from 'tap'
import { defineCommand } from '../../src/cli/command.js'
import { COMMANDS } from '../../src/cli/registry.js'
import { runInProcess } from './in-process.js'

const CONTEXT = {
  env: {},
  cwd: '/',
  readFile: () => '',
  out: () => {},
  err: () => {},
  stopSignal: async () => {},
}

/** Every option of every command. */
async function options(): Promise<readonly { command: string; long: string }[]> {
  const found: { command: string; long: string }[] = []
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const { command } = await defineCommand(new Command(), name, { entry, context: CONTEXT })
    for (const { long } of command.options) found.push({ command: name, long: long ?? '' })
  }
  return found
}

for (const shell of ['bash', 'zsh', 'fish']) {
  t.test(`${shell}: every command and every option`, async (t) => {
    const { code, out } = await runInProcess(['completion', shell])
    t.equal(code, 0)
    const all = await options()
    t.ok(all.length > 50)
    const written = (long: string): string => (shell === 'fish' ? `-l ${long.slice(2)} ` : long)
    const missing = all.filter(({ long }) => !out.includes(written(long)))
    t.strictSame(missing, [])
    for (const name of Object.keys(COMMANDS)) t.match(out, name)
  })
}

t.test('another shell is wrong usage', async (t) => {
  t.match(await runInProcess(['completion', 'tcsh']), { code: 2, err: /bash, zsh, fish/ })
  t.match(await runInProcess(['completion']), { code: 2, err: /missing required argument 'shell'/ })
})

const withoutBash = spawnSync('bash', ['--version']).error !== undefined && 'bash is missing'

/** What is typed, with `|` where Tab is pressed, and what bash offers. */
const typed: Readonly<Record<string, string>> = {
  'st|': 'status',
  '--po|': '--port',
  '--log-level w|': 'warn',
  'serve --config |': '',
  'status --o|': '--once',
  'status --port |': '',
  'purge --resource taskl|': 'tasklistfilter',
  'purge --account |': '',
  'explain --accept |': 'application/json application/xml',
  'simulate --penalty-prolongs t|': 'true',
  'simulate --dialect php|': 'php-session',
  'simulate --id-type |': 'string number',
  'key |': 'new',
  'key new |': '',
  'completion |': 'bash zsh fish',
  'pur|': 'purge',
}

t.test('bash completes', { skip: withoutBash }, async (t) => {
  const { out: script } = await runInProcess(['completion', 'bash'])
  for (const [line, offered] of Object.entries(typed)) {
    const words = ['intervals-proxy', ...line.replace('|', '').split(' ')]
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _intervals_proxy; echo "\${COMPREPLY[*]}"`,
        'bash',
        ...words,
      ],
      { encoding: 'utf8' },
    )
    t.equal(stdout.trim(), offered, line)
    t.equal(stderr, '', line)
  }
})
