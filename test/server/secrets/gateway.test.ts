// Behind a gateway the Intervals token is the proxy's alone: nobody who uses it, and nothing that it
// writes, ever holds it. The upstream's own journal is the only place.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startSimulator, type Fault, type SimulatedAccount } from '../../../src/simulator/index.js'
import { ask, basic, until, type Ask } from '../client.js'
import { startCommand } from '../../cli/spawn.js'
import { consumer, keyOf, withKey } from '../authentication/setup.js'
import { leaksIn, leaksInFiles } from './leaks.js'

const CREDENTIAL = 'canarycred17'
const SECRETS = [CREDENTIAL, basic(CREDENTIAL), `${CREDENTIAL}:X`]

const account: SimulatedAccount = {
  name: 'agency',
  size: 'studio',
  people: [{ firstname: 'A', lastname: 'B', role: 'A', tokens: [CREDENTIAL] }],
}
const FAULTS: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'garbage' },
  { kind: 'truncated' },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 401 },
]

t.test(
  'the credential behind the keys is found nowhere but upstream',
  { timeout: 110_000 },
  async (t) => {
    const sim = await startSimulator({ accounts: [account], minuteMax: 100_000 })
    t.teardown(() => sim.close())
    const base = t.testdir({ tmp: {}, credential: `${CREDENTIAL}\n` })
    const config = join(base, 'c.yaml')
    const credential = `file:${join(base, 'credential')}`
    const consumers = {
      ...consumer('a', { credential, write: 'all' }),
      ...consumer('b', { credential }),
    }
    writeFileSync(config, JSON.stringify({ consumers }))
    const env = { INTERVALS_PROXY_LOG_LEVEL: 'trace', TMPDIR: join(base, 'tmp') }
    const dataDir = join(base, 'data')
    const args = [
      '--port=0',
      `--config=${config}`,
      `--upstream=${sim.url}`,
      `--data-dir=${dataDir}`,
    ]
    const { child, ended } = startCommand(['serve', ...args], { env })
    t.teardown(() => child.kill('SIGKILL'))
    let out = ''
    child.stdout.on('data', (text: string) => (out += text))
    const port = () => Number(/listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1] ?? 0)
    await until(() => port() > 0, 'listening')

    let answers = 0
    const get = async (path: string, request: Ask): Promise<number> => {
      const answer = await ask(port(), path, request).catch(() => undefined)
      if (answer === undefined) return 0
      answers++
      t.strictSame(
        leaksIn(path, `${answer.rawHeaders.join()}${answer.body.toString('latin1')}`, SECRETS),
        [],
      )
      return answer.status
    }
    t.equal(await get('/client/', withKey('a')), 200)
    t.equal(await get('/client/', withKey('b')), 200)
    t.equal(await get('/client/', { token: CREDENTIAL }), 401, 'it opens nothing itself')
    await get('/client/1/', withKey('a', { method: 'PUT', body: '{"name":"x"}' }))
    t.equal(await get('/client/1/', withKey('b', { method: 'PUT', body: '{}' })), 403)
    for (const [at, fault] of FAULTS.entries()) {
      sim.setFaults([{ ...fault, match: { pathPrefix: '/task' } }])
      await get(`/task/?offset=${at}`, withKey('a'))
      await get('/task/1/', withKey('a', { method: 'PUT', body: '{}' }))
    }
    sim.setFaults([])
    for (const page of ['/-/status', '/-/metrics', '/-/explain?path=/client/', '/-/readyz']) {
      t.equal(await get(page, page.includes('explain') ? withKey('a') : { token: null }), 200)
    }
    child.kill('SIGHUP')
    await until(() => /says the same as before/.test(out), 'the reload')
    child.kill('SIGTERM')
    const { err } = await ended
    t.strictSame(leaksIn('log', out + err, [...SECRETS, keyOf('a'), basic(keyOf('a'))]), [])
    t.strictSame(leaksInFiles(dataDir, [...SECRETS, keyOf('a')]), [])
    const seen = sim.arrivals.map(({ headers }) => headers.authorization)
    t.same([...new Set(seen)], [basic(CREDENTIAL)], 'and the upstream never sees a key')
    t.comment(
      `${answers} answers, ${out.split('\n').length} log lines, ${sim.arrivals.length} calls`,
    )
  },
)
