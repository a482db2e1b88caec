/** A log that cannot be written stops no answer and no end of the process, with and without workers. */
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startCommand } from '../cli/spawn.js'
import { startSimulator } from '../../src/simulator/index.js'
import { ask, until } from '../server/client.js'

async function serve(t: Test, env: Readonly<Record<string, string>>, settings: object = {}) {
  const sim = await startSimulator({ minuteMax: 100_000, dayMax: 100_000 })
  t.teardown(() => sim.close())
  const dir = t.testdir({
    'c.yaml': JSON.stringify({
      limits: { minute: { max: 10_000 }, day: { max: 100_000 } },
      ...settings,
    }),
  })
  const args = ['--config', join(dir, 'c.yaml'), '--data-dir', join(dir, 'data'), '--port', '0']
  const own = startCommand(['serve', ...args, '--upstream', sim.url], { env })
  t.teardown(() => own.child.kill('SIGKILL'))
  let out = ''
  own.child.stdout.on('data', (text: string) => (out += text))
  const port = () => Number(/listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1] ?? 0)
  await until(() => port() > 0, 'listening')
  return { ...own, dir, port: port(), out: () => out }
}

/** So many requests with long lines, as many hits, and a probe. */
async function work(t: Test, port: number, requests: number): Promise<void> {
  const long = `/client/${'x'.repeat(14_000)}`
  for (let n = 0; n < requests; n += AT_ONCE) {
    const paths = Array.from({ length: AT_ONCE }, (_, i) => (i % 2 === 0 ? long : '/client/'))
    const answers = await Promise.all(paths.map((path) => ask(port, path)))
    const expected = paths.map((path) => (path === long ? 404 : 200))
    t.same(
      answers.map(({ status }) => status),
      expected,
    )
  }
  t.equal((await ask(port, '/-/livez', { token: null })).status, 200, 'a probe')
}

const AT_ONCE = 40
/** More than may wait: 4 MiB and what the pipe holds. */
const MANY = 720

const droppedOf = async (port: number): Promise<number> => {
  const { text } = await ask(port, '/-/metrics', { token: null })
  return Number(/^intervals_proxy_log_lines_dropped_total (\d+)$/mu.exec(text)?.[1])
}

const WORKERS = { server: { workers: 2 } }

t.test('nothing reads the log, with workers', async (t) => {
  const { child, ended, port, out } = await serve(t, {}, WORKERS)
  child.stdout.pause()
  await work(t, port, MANY)
  const dropped = await droppedOf(port)
  t.ok(dropped > 0, 'lines past the bound are counted')
  child.stdout.resume()
  await until(() => /the log lost \d+ lines since/.test(out()), 'the line about it')
  await work(t, port, 1)
  child.stdout.pause()
  await work(t, port, 100)
  child.kill('SIGTERM')
  const { code } = await Promise.race([
    ended,
    // The end of its pipe is read when the process is gone.
    new Promise<{ code: number | null }>((resolve) => {
      child.once('exit', (code) => resolve({ code }))
    }),
  ])
  t.equal(code, 0)
})

t.test('the disk of the log is full', { skip: !existsSync('/dev/full') }, async (t) => {
  const { child, ended, port } = await serve(t, { INTERVALS_PROXY_LOG_FILE: '/dev/full' })
  await work(t, port, MANY)
  t.ok((await droppedOf(port)) > 0)
  child.kill('SIGTERM')
  t.match(await ended, { code: 0, err: '' })
})

t.test('the reader of the log is gone, with workers', async (t) => {
  const { child, ended, port } = await serve(t, {}, WORKERS)
  child.stdout.destroy()
  await work(t, port, 1)
  t.ok((await droppedOf(port)) > 0)
  child.kill('SIGTERM')
  t.match(await ended, { code: 0, err: '' })
})

t.test('SIGHUP opens log.file again, with workers', async (t) => {
  const directory = t.testdir({})
  const file = join(directory, 'proxy.log')
  const env = { INTERVALS_PROXY_LOG_FILE: file }
  const { child, ended, port, out } = await serve(t, env, WORKERS)
  t.equal(out().trim().split('\n').length, 1, 'standard output has the one line')
  await ask(port, '/client/')
  await until(() => readFileSync(file, 'utf8').includes('"request"'), 'the first line')
  renameSync(file, `${file}.1`)
  child.kill('SIGHUP')
  await until(() => existsSync(file) && /audit/.test(readFileSync(file, 'utf8')), 'the new file')
  const logged = () => readFileSync(file, 'utf8').split('"request"').length - 1
  const before = logged()
  for (let n = 0; n < 5; n++) await ask(port, '/client/')
  await until(() => logged() >= before + 5, 'lines in the new file')
  child.kill('SIGTERM')
  t.match(await ended, { code: 0 })
})

t.test('a log.file that cannot be opened is said at the start', async (t) => {
  const { ended } = startCommand(['serve', '--port', '0', '--data-dir', t.testdir({})], {
    env: { INTERVALS_PROXY_LOG_FILE: '/nowhere/proxy.log' },
  })
  const { code, err } = await ended
  t.equal(code, 1)
  t.match(err, /log\.file \/nowhere\/proxy\.log cannot be opened \(ENOENT\)/)
})
