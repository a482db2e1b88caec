// The proxy as a process, killed again and again while consumers write with keys and repeat what was cut
// off: each key is one row at most, and exactly one if it was ever answered.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { ask, problemOf } from '../server/client.js'
import { FIRST_NEW_ID, postWithKey, timeEntry } from '../idempotency/setup.js'
import { startProxy } from './proxy-process.js'
import type { ProxyProcess } from './proxy-process.js'

const KILLS = 20
const CONSUMERS = 8
const DOWN = 'no proxy to ask'

t.test(`${KILLS} times kill -9 among writes with keys`, async (t) => {
  const simulator = await startSimulator({
    minuteMax: 100_000,
    minuteWindowMs: 1_000,
    dayMax: 10_000_000,
    latencyMs: [0, 40],
  })
  const root = mkdtempSync(join(tmpdir(), 'intervals-proxy-idempotency-kill-'))
  let proxy: ProxyProcess | undefined
  let isStopped = false
  t.teardown(async () => {
    isStopped = true
    await proxy?.kill('SIGKILL')
    await simulator.close()
    rmSync(root, { recursive: true, force: true })
  })
  const start = async (): Promise<ProxyProcess> => {
    proxy = await startProxy({
      upstream: simulator.url,
      dataDir: join(root, 'data'),
      env: {
        INTERVALS_PROXY_MINUTE_MAX: '100000',
        INTERVALS_PROXY_MINUTE_WINDOW: '1s',
        INTERVALS_PROXY_DAY_MAX: '1000000',
        INTERVALS_PROXY_LOG_LEVEL: 'error',
        // How busy this machine is, is not what is tested.
        INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0s',
      },
    })
    return proxy
  }
  const post = async (name: string) => {
    if (proxy === undefined) throw new Error(DOWN)
    const port = Number(new URL(proxy.url).port)
    return ask(port, '/time/', { ...postWithKey(name, timeEntry(name)), patienceMs: 60_000 })
  }

  const answered = new Map<string, string>()
  const unknown = new Set<string>()
  const problems: string[] = []
  const tally = { cut: 0, replayed: 0 }

  /** One write, repeated until the proxy says how it ended. */
  async function write(name: string): Promise<void> {
    for (;;) {
      try {
        const answer = await post(name)
        if (answer.headers['idempotent-replayed'] === 'true') tally.replayed++
        if (answer.status === 201) answered.set(name, answer.text)
        else if (
          answer.status === 409 &&
          problemOf(answer).error.reason === 'IDEMPOTENCY_UNKNOWN'
        ) {
          unknown.add(name)
        } else problems.push(`${name}: ${answer.status} ${answer.text.slice(0, 200)}`)
        return
      } catch (error) {
        if ((error as Error).message !== DOWN) tally.cut++
        await wait(20)
      }
    }
  }
  async function consumer(index: number): Promise<void> {
    for (let number = 1; !isStopped; number++) await write(`entry-${index}-${number}`)
  }

  let random = 29
  const next = (below: number): number => (random = (random * 48_271) % 0x7f_ff_ff_ff) % below
  await start()
  const consumers = Array.from({ length: CONSUMERS }, (_, index) => consumer(index))
  for (let kill = 0; kill < KILLS; kill++) {
    const before = answered.size
    while (answered.size < before + 5) await wait(5)
    await wait(next(150))
    const running = proxy
    proxy = undefined
    await running?.kill('SIGKILL')
    await start()
  }
  isStopped = true
  await Promise.all(consumers)

  const rows = new Map<string, number>()
  for (let id = FIRST_NEW_ID; ; id++) {
    const { status, text } = await ask(simulator.port, `/time/${id}/`)
    if (status !== 200) break
    const name = /entry-\d+-\d+/.exec(text)?.[0] ?? ''
    rows.set(name, (rows.get(name) ?? 0) + 1)
  }
  const created = [...rows.values()].reduce((sum, count) => sum + count, 0)
  t.comment(
    `${answered.size} keys answered, ${unknown.size} of unknown outcome, ${tally.cut} requests cut off, ` +
      `${tally.replayed} replayed; ${created} rows created`,
  )
  t.same(problems, [])
  t.same(
    [...rows].filter(([, count]) => count > 1),
    [],
    'no key made two rows',
  )
  t.same(
    [...answered.keys()].filter((name) => rows.get(name) !== 1),
    [],
    'each answered one made one',
  )
  t.ok(answered.size > 100 && tally.cut > 20 && unknown.size > 0, 'there was something to cut off')
  const last = [...answered].slice(-50)
  for (const [name, text] of last) t.equal((await post(name)).text, text)
})
