import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { ask } from './client.js'
import { runCommandAlone, startCommand } from '../cli/spawn.js'

/** Serves on a free port; resolves when its line about that is out. */
async function serve(t: Test, args: readonly string[], env: Record<string, string> = {}) {
  const started = startCommand(['serve', '--port', '0', ...args], { env })
  const { child, ended } = started
  t.teardown(() => child.kill('SIGKILL'))
  let out = ''
  const listening = new Promise<{ port: number; line: string }>((resolve, reject) => {
    child.stdout.on('data', (text: string) => {
      out += text
      const line = out.split('\n').find((one) => one.includes('listening'))
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line ?? '')?.[1]
      if (line !== undefined && port !== undefined) resolve({ port: Number(port), line })
    })
    void ended.then(({ code, err }) => reject(new Error(`ended with ${code}: ${err}${out}`)))
  })
  return { child, ended, ...(await listening) }
}

t.test('it serves, keeps others out of its directory, and stops when told', async (t) => {
  const sim = await startSimulator()
  t.teardown(() => sim.close())
  const dir = join(t.testdir({}), 'data')
  const args = ['--data-dir', dir, '--upstream', sim.url]
  const first = await serve(t, args)
  t.match(first.line, `to ${sim.url}`)
  t.equal((await ask(first.port, '/client/')).status, 200)
  t.equal(sim.arrivals.length, 2, 'the quota first, since the day was not known')

  const second = await runCommandAlone(['serve', '--port', '0', ...args])
  t.equal(second.code, 1)
  t.match(second.err, dir)
  t.match(second.err, `process ${first.child.pid}`)
  t.match(second.err, '--data-dir')
  t.notMatch(second.err, / at .*:\d+/, 'no stack')

  const taken = await runCommandAlone([
    'serve',
    '--port',
    String(first.port),
    '--data-dir',
    `${dir}2`,
  ])
  t.equal(taken.code, 1)
  t.match(taken.err, new RegExp(`127\\.0\\.0\\.1:${first.port} is taken.*--port`))

  first.child.kill('SIGTERM')
  t.match(await first.ended, { code: 0, out: /SIGTERM.*stopped/s, err: '' })
  const again = await serve(t, args)
  t.equal((await ask(again.port, '/client/')).status, 200, 'the directory was left as it should be')
  again.child.kill('SIGINT')
  t.match(await again.ended, { code: 0 })
})

t.test('told to stop, it finishes what is out', async (t) => {
  const sim = await startSimulator()
  t.teardown(() => sim.close())
  const env = { INTERVALS_PROXY_DAY_MAX: '100', INTERVALS_PROXY_LOG_LEVEL: 'error' }
  const proxy = await serve(t, ['--data-dir', t.testdir({}), '--upstream', sim.url], env)
  const hold = sim.hold()
  const asked = ask(proxy.port, '/client/1/', { method: 'PUT', body: '{}' })
  await hold.untilWaiting(1)
  proxy.child.kill('SIGTERM')
  hold.release()
  t.equal((await asked).status, 404)
  t.match(await proxy.ended, { code: 0 })
})

t.test('killed, it leaves a directory that the next one can use', async (t) => {
  const sim = await startSimulator()
  t.teardown(() => sim.close())
  const args = ['--data-dir', t.testdir({}), '--upstream', sim.url]
  const env = { INTERVALS_PROXY_DAY_MAX: '100' }
  const killed = await serve(t, args, env)
  await ask(killed.port, '/client/')
  killed.child.kill('SIGKILL')
  await killed.ended
  const next = await serve(t, args, env)
  const { headers } = await ask(next.port, '/project/')
  // The second knows nothing of how the last call of the first ended, and may ask for the quota.
  const sent = sim.arrivals.length
  const isQuota = ({ target }: { target: string }) => target.startsWith('/quota/')
  t.equal(sent - sim.arrivals.filter(isQuota).length, 2)
  t.match(headers['ratelimit'], `"minute";r=${100 - sent};`, 'what was spent is not forgotten')
  t.match(headers['ratelimit'], '"day";r=98;')
  next.child.kill('SIGTERM')
  t.match(await next.ended, { code: 0 })
})

t.test('a data directory that cannot be used is refused, with advice', async (t) => {
  const dir = t.testdir({ file: 'not a directory' })
  for (const path of [join(dir, 'file'), join(dir, 'file', 'below')]) {
    const refused = await runCommandAlone(['serve', '--port', '0', '--data-dir', path])
    t.equal(refused.code, 1)
    t.match(refused.err, path)
    t.match(refused.err, /cannot be used \((ENOTDIR|EEXIST)\).*--data-dir/)
  }
})

t.test('a ledger that cannot be read is moved away, and the window counts as spent', async (t) => {
  const dir = t.testdir({})
  writeFileSync(join(dir, 'ledger.mdb'), Buffer.alloc(8_192, 'this is no database'))
  const proxy = await serve(t, ['--data-dir', dir, '--upstream', 'http://127.0.0.1:9/'])
  const answer = await ask(proxy.port, '/client/', { headers: { prefer: 'wait=1' } })
  t.equal(answer.status, 429)
  proxy.child.kill('SIGTERM')
  t.match(await proxy.ended, { code: 0, out: /could not be read.* moved to .*damaged/ })
})

t.test('a damaged note of the owner is no leave to start', async (t) => {
  const dir = t.testdir({ 'owner.mdb': 'this is no database' })
  const refused = await runCommandAlone(['serve', '--port', '0', '--data-dir', dir])
  t.match(refused, { code: 1, err: /owner\.mdb is damaged.*delete that file/ })
})
