/** The commands on a real terminal, which `script` of util-linux makes. */
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { inProject } from '../project.js'
import { buildTestProxy } from '../server/build.js'
import { until } from '../server/client.js'

const MAIN = fileURLToPath(inProject('dist/main.js'))
const isThere = spawnSync('script', ['--version']).error === undefined
const skip = isThere ? false : 'script is missing; Debian has it in the package bsdutils'

/** As a person would type it; `script` ends with the exit code of what it ran. */
function onTerminal(t: Test, line: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    ended,
    shown: () => shown,
    shows: async (pattern: RegExp) => until(() => pattern.test(shown), pattern.source),
    type: (keys: string) => child.stdin.write(keys),
    close: () => child.kill('SIGKILL'),
  }
}

const command = (args: string): string => `exec "${process.execPath}" "${MAIN}" ${args}`

t.test('status fills the terminal, and gives it back', { skip }, async (t) => {
  const { port } = await buildTestProxy(t)
  for (const key of ['q', '\u0003']) {
    const terminal = onTerminal(t, command(`status --url http://127.0.0.1:${port}`))
    await terminal.shows(/q quits/u)
    t.match(terminal.shown(), '\u001b[?1049h')
    t.match(terminal.shown(), '\u001b[1mintervals-proxy')
    terminal.type(key)
    t.equal(await terminal.ended, 0)
    t.ok(terminal.shown().endsWith('\u001b[?25h\u001b[?1049l'), 'given back')
  }
})

t.test('NO_COLOR is obeyed', { skip }, async (t) => {
  const { port } = await buildTestProxy(t)
  const line = command(`status --once --url http://127.0.0.1:${port}`)
  const [painted, plain] = [onTerminal(t, line), onTerminal(t, line, { NO_COLOR: '1' })]
  t.equal(await painted.ended, 0)
  t.match(painted.shown(), '\u001b[1mintervals-proxy')
  t.equal(await plain.ended, 0)
  t.match(plain.shown(), 'intervals-proxy')
  t.notMatch(plain.shown(), '\u001b')
})

t.test('the log of serve has a line for each request', { skip }, async (t) => {
  const { sim } = await buildTestProxy(t)
  const data = t.testdir({})
  const serve = command(`--port 0 --upstream ${sim.url} --data-dir "${data}"`)
  const terminal = onTerminal(t, serve, {
    NO_COLOR: '1',
    INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0ms',
  })
  await terminal.shows(/listening on http:\S+/u)
  const [, url = ''] = /listening on (http:[^\s,]+)/u.exec(terminal.shown()) ?? []
  const headers = { authorization: `Basic ${Buffer.from('agencyadm01:X').toString('base64')}` }
  t.equal((await fetch(`${url}/client/`, { headers })).status, 200)
  await terminal.shows(/INFO: 200 .*GET \/client {2}miss, stored for .*Intervals answered in/u)
  terminal.type('\u0003')
  t.equal(await terminal.ended, 0)
})

t.test(
  'serve ends when its terminal is closed, and keeps neither port nor data',
  { skip },
  async (t) => {
    const data = t.testdir({})
    const serve = command(`--port 0 --upstream http://127.0.0.1:9 --data-dir "${data}"`)
    const terminal = onTerminal(t, `echo "pid $$"; ${serve}`)
    await terminal.shows(/listening on http:\S+/u)
    const pid = Number(/pid (\d+)/u.exec(terminal.shown())?.[1])
    t.ok(isAlive(pid))
    terminal.close()
    await until(() => !isAlive(pid), 'the end of the proxy')
    const again = onTerminal(t, serve)
    await again.shows(/listening on http:\S+/u)
  },
)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
