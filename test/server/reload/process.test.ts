import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startSimulator } from '../../../src/simulator/index.js'
import { ask, until } from '../client.js'
import { startCommand } from '../../cli/spawn.js'
import { consumer, SECRETS, withKey } from '../authentication/setup.js'

t.test(
  'SIGHUP and a renamed file bring a new configuration; a broken one stops nothing',
  async (t) => {
    const sim = await startSimulator()
    t.teardown(() => sim.close())
    const dir = t.testdir({})
    const file = join(dir, 'c.yaml')
    const write = (settings: object) =>
      writeFileSync(file, JSON.stringify({ limits: { day: { max: 100 } }, ...settings }))
    write({ consumers: consumer('a') })
    const args = ['--port', '0', '--data-dir', join(dir, 'data'), '--upstream', sim.url]
    const { child, ended } = startCommand(['serve', '--config', file, ...args], { env: SECRETS })
    t.teardown(() => child.kill('SIGKILL'))
    let out = ''
    child.stdout.on('data', (text: string) => (out += text))
    const port = () => Number(/listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1] ?? 0)
    await until(() => port() > 0, 'listening')

    const status = async (name: string) => (await ask(port(), '/client/', withKey(name))).status
    t.equal(await status('a'), 200)
    t.equal(await status('b'), 401)

    write({ consumers: consumer('b') })
    child.kill('SIGHUP')
    await until(() => /the configuration was reloaded: .*consumers\.b/.test(out), 'the reload')
    t.equal(await status('b'), 200)
    t.equal(await status('a'), 401)

    write({ consumers: { b: { key: 'broken' } } })
    child.kill('SIGHUP')
    await until(() => /the old configuration stays: .*consumers\.b\.key/.test(out), 'the refusal')
    t.equal(await status('b'), 200)

    writeFileSync(
      `${file}.new`,
      JSON.stringify({ limits: { day: { max: 100 } }, consumers: consumer('c') }),
    )
    renameSync(`${file}.new`, file)
    await until(() => /a changed file.*consumers\.c/.test(out), 'the file to be noticed', 20_000)
    t.equal(await status('c'), 200)
    t.equal(sim.arrivals.length, 1, 'the stored answer was there for all of them')
    child.kill('SIGTERM')
    t.match(await ended, { code: 0 })
    t.notMatch(out, /agencyadm01|key-of-/)
  },
)
