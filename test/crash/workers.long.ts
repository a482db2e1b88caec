// Real processes: what one worker acknowledged no other contradicts; a worker that is killed is replaced
// and takes nobody with it; the limits hold; and with the primary all are gone.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startSimulator, type SimulatorOptions } from '../../src/simulator/index.js'
import { ask } from '../server/client.js'
import { inProject } from '../project.js'

const TRIALS = 2_000
const MAIN = fileURLToPath(inProject('dist/main.js'))

async function start(t: Test, simulator: SimulatorOptions, env: Record<string, string> = {}) {
  const sim = await startSimulator(simulator)
  const dir = mkdtempSync(join(tmpdir(), 'intervals-proxy-workers-'))
  const child = spawn(
    process.execPath,
    [MAIN, 'serve', '--port', '0', '--upstream', sim.url, '--data-dir', dir],
    {
      env: {
        ...env,
        INTERVALS_PROXY_WORKERS: '2',
        INTERVALS_PROXY_DAY_MAX: '1000000',
        TMPDIR: dir,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
    await sim.close()
    rmSync(dir, { recursive: true, force: true })
  })
  await until(() => /listening on http:\/\/[\d.]+:\d+/.test(out), 'the proxy listens', 60_000)
  const port = Number(/listening on http:\/\/[\d.]+:(\d+)/.exec(out)?.[1])
  return {
    sim,
    child,
    port,
    ended,
    out: () => out,
    /** Processes of the workers that live. */
    workers: async (): Promise<number[]> => {
      const ps = spawn('ps', ['-o', 'pid=', '--ppid', String(child.pid)])
      let text = ''
      for await (const chunk of ps.stdout) text += String(chunk)
      return text.split('\n').map(Number).filter(Boolean)
    },
  }
}

// Thousands of commits to the disk, and starts of four processes.
t.setTimeout(280_000)

const ROOMY = { minuteMax: 100_000, dayMax: 1_000_000 }
const ROOMY_PROXY = { INTERVALS_PROXY_MINUTE_MAX: '100000' }

t.test(`${TRIALS} times a write through one worker, then a read through the next`, async (t) => {
  const { port, sim } = await start(t, ROOMY, { ...ROOMY_PROXY, INTERVALS_PROXY_LOG_LEVEL: 'warn' })
  const LANES = 8
  let [old, hits, foreign] = [0, 0, 0]
  const lane = async (number: number): Promise<void> => {
    const path = `/client/${100_001 + number}/`
    for (let trial = 0; trial < TRIALS / LANES; trial++) {
      const name = `Lane ${number} trial ${trial} end`
      // Each request is a connection of its own, and they are dealt to the workers in turn.
      const body = JSON.stringify({ name })
      const written = await ask(port, path, { method: 'PUT', body, patienceMs: 60_000 })
      if (written.status !== 202) throw new Error(`PUT: ${written.status} ${written.text}`)
      for (let read = 0; read < 3; read++) {
        const answer = await ask(port, path, { patienceMs: 60_000 })
        if (!answer.text.includes(name)) old++
        if (/; hit/.test(String(answer.headers['cache-status']))) hits++
        if (answer.text.includes('"personid":"260002"')) foreign++
      }
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)))
  t.comment(`${TRIALS} writes, ${TRIALS * 3} reads, ${hits} hits, ${sim.arrivals.length} arrivals`)
  t.equal(old, 0, 'never what was before an acknowledged write')
  t.equal(foreign, 0)
  t.ok(hits > TRIALS / 4, 'there was something to contradict')
})

t.test('workers killed under load: replaced, the limit kept, nobody else hit', async (t) => {
  const simulator = { minuteMax: 40, minuteWindowMs: 2_000, dayMax: 1_000_000 }
  const { port, sim, out, workers } = await start(t, simulator, {
    INTERVALS_PROXY_MINUTE_MAX: '40',
    INTERVALS_PROXY_MINUTE_WINDOW: '2s',
  })
  let isOver = false
  t.teardown(() => (isOver = true))
  let [answered, broken] = [0, 0]
  const load = Array.from({ length: 12 }, async (_, number) => {
    for (let i = 0; !isOver; i++) {
      const path = i % 3 === 0 ? `/task/?limit=${1 + ((i * 12 + number) % 900)}` : `/client/`
      await ask(port, path, { headers: { prefer: 'wait=2' }, patienceMs: 10_000 }).then(
        ({ status }) => (status < 500 ? answered++ : broken++),
        () => broken++,
      )
    }
  })
  const KILLS = 6
  for (let kill = 1; kill <= KILLS; kill++) {
    // One that is killed before it listens is not replaced but started once more.
    await until(() => out().split('was replaced').length === kill, 'all are replaced', 60_000)
    await until(async () => (await workers()).length === 2, 'two workers', 30_000)
    await wait(700)
    const [victim] = await workers()
    if (victim !== undefined) process.kill(victim, 'SIGKILL')
    await until(() => out().split('died (SIGKILL)').length > kill, 'it is noticed', 10_000)
  }
  await until(() => out().split('was replaced').length > KILLS, 'all are replaced', 60_000)
  isOver = true
  await Promise.all(load)
  t.comment(`${answered} answered, ${broken} broken by ${KILLS} kills`)
  t.ok(answered > 500)
  t.ok(broken <= KILLS * 12, 'only what was on its way through the one that was killed')
  t.ok(sim.maxInAnyWindow() <= 40, `at most ${sim.maxInAnyWindow()} of 40 in any window`)
})

t.test('told to stop, all stop; and with the primary killed nobody listens', async (t) => {
  const first = await start(t, ROOMY, ROOMY_PROXY)
  t.equal((await ask(first.port, '/client/')).status, 200)
  first.child.kill('SIGTERM')
  t.equal(await first.ended, 0)
  await t.rejects(ask(first.port, '/client/'))

  const second = await start(t, ROOMY, ROOMY_PROXY)
  const pids = await second.workers()
  t.equal(pids.length, 2)
  second.child.kill('SIGKILL')
  await second.ended
  await until(() => pids.every((pid) => !lives(pid)), 'the workers are gone', 5_000)
  await t.rejects(ask(second.port, '/client/'))
})

async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs: number,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for: ${what}`)
    await wait(50)
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
