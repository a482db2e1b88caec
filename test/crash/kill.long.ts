import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import t from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { startLoad } from './load.js'
import { startProxy } from './proxy-process.js'
import type { ProxyProcess } from './proxy-process.js'

const KILLS = 20
const MAX = 20
const WINDOW_MS = 1_500

interface Status {
  readonly budgets: { readonly day: readonly { readonly used: number }[] }
}

t.test(`${KILLS} times kill -9, a stop of 10 s, a deleted data directory`, async (t) => {
  const simulator = await startSimulator({
    minuteMax: MAX,
    minuteWindowMs: WINDOW_MS,
    minuteKinds: ['sliding', 'fixed', 'bucket'],
    latencyMs: [0, 60],
  })
  const root = mkdtempSync(join(tmpdir(), 'intervals-proxy-kill-'))
  const dataDir = join(root, 'data')
  let proxy: ProxyProcess | undefined
  const load = startLoad(() => proxy?.url)
  t.teardown(async () => {
    await proxy?.kill('SIGKILL')
    await simulator.close()
    rmSync(root, { recursive: true, force: true })
  })
  const start = async (): Promise<ProxyProcess> => {
    proxy = await startProxy({
      upstream: simulator.url,
      dataDir,
      env: {
        INTERVALS_PROXY_MINUTE_MAX: String(MAX),
        INTERVALS_PROXY_MINUTE_WINDOW: `${WINDOW_MS}ms`,
        INTERVALS_PROXY_LOG_LEVEL: 'warn',
      },
    })
    return proxy
  }

  let random = 7
  const next = (below: number): number => (random = (random * 48_271) % 0x7f_ff_ff_ff) % below
  for (let kill = 0; kill < KILLS; kill++) {
    const running = await start()
    await wait(next(900))
    if (kill === 5) {
      running.child.kill('SIGSTOP')
      await wait(10_000)
      running.child.kill('SIGCONT')
      await wait(300)
    }
    // Deleted under the running process: it goes on, and the next one finds nothing.
    if (kill === 10) rmSync(dataDir, { recursive: true, force: true })
    proxy = undefined
    await running.kill('SIGKILL')
    t.ok(
      simulator.maxInAnyWindow(WINDOW_MS) <= MAX,
      `kill ${kill + 1}: at most ${simulator.maxInAnyWindow(WINDOW_MS)} of ${MAX} in any window`,
    )
  }

  const last = await start()
  const before = simulator.arrivals.length
  while (simulator.arrivals.length < before + MAX) await wait(20)
  await load.stop()
  const used = async (): Promise<number> => {
    const response = await request(`${last.url}/-/status`)
    const status = (await response.body.json()) as Status
    return status.budgets.day[0]?.used ?? -1
  }
  // The crash left some permits open; /quota/ says what became of them.
  const deadline = performance.now() + 30_000
  const trickle = startLoad(() => last.url, 1)
  const untilEqual = async (): Promise<void> => {
    while ((await used()) !== simulator.dayUsed('agency') && performance.now() < deadline) {
      await wait(50)
    }
  }
  await untilEqual()
  await trickle.stop()
  // What was on its way when it stopped is charged before it arrives.
  await untilEqual()
  t.equal(await used(), simulator.dayUsed('agency'), 'our count of the day is the upstream’s')

  const refused = simulator.arrivals.filter(({ apiCode }) => apiCode === 12 || apiCode === 11)
  t.equal(refused.length, 0, 'the upstream never had to refuse')
  t.ok(load.answered > KILLS, 'and requests were answered all along')
  t.comment(
    `${simulator.arrivals.length} arrivals, at most ${simulator.maxInAnyWindow(WINDOW_MS)} in a window of ${MAX}, ${load.answered} answered`,
  )
})
