/** zsh and fish complete too, where they are. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { runInProcess } from './in-process.js'

const without = (shell: string): string | false =>
  spawnSync(shell, ['--version']).error !== undefined && `needs ${shell}: apt-get install ${shell}`

/** The script in a file, as it would be sourced. */
async function scriptFile(t: Test, shell: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'completion-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const file = join(dir, `script.${shell}`)
  writeFileSync(file, `${(await runInProcess(['completion', shell])).out}\n`)
  return file
}

t.test('fish', { skip: without('fish') }, async (t) => {
  const file = await scriptFile(t, 'fish')
  for (const [line, offered] of [
    ['intervals-proxy st', ['status']],
    ['intervals-proxy --po', ['--port']],
    ['intervals-proxy status --on', ['--once']],
    ['intervals-proxy purge --resource tasklist', ['tasklistfilter']],
    ['intervals-proxy completion ', ['bash', 'fish', 'zsh']],
  ] as const) {
    const script = `source ${file}; function intervals-proxy; end; complete -C '${line}'`
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], {
      encoding: 'utf8',
    })
    t.equal(stderr, '')
    const words = stdout
      .trim()
      .split('\n')
      .map((text) => text.split('\t', 1)[0])
    t.strictSame(words, offered, line)
  }
})

t.test('zsh', { skip: without('zsh') }, async (t) => {
  const file = await scriptFile(t, 'zsh')
  t.strictSame(spawnSync('zsh', ['-n', file], { encoding: 'utf8' }).stderr, '')
  const dir = dirname(file)
  const startUp = [
    'PS1=',
    'autoload -Uz compinit; compinit -D -u',
    `source ${file}`,
    'intervals-proxy() { print "GOT:$*:" }',
  ]
  writeFileSync(join(dir, '.zshrc'), startUp.join('\n'))
  // Completion happens on a terminal only; zpty is one.
  const script = `
    zmodload zsh/zpty
    zpty z 'TERM=dumb ZDOTDIR=${dir} zsh -i'
    zpty -w z "$1"$'\\t'
    zpty -r -m z REPLY '*GOT:*:*'
    print -r -- "$REPLY"`
  for (const [line, completed] of [
    ['intervals-proxy stat', 'status'],
    ['intervals-proxy status --on', 'status --once'],
    ['intervals-proxy purge --resource tasklist', 'purge --resource tasklistfilter'],
  ] as const) {
    const { stdout } = spawnSync('zsh', ['-f', '-c', script, 'zsh', line], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    t.match(stdout, `GOT:${completed}`, line)
  }
})
