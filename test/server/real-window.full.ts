/** The product as it is installed, without settings, in the real window of 60 s. The simulator's journal judges. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { startProxy } from '../crash/proxy-process.js'
import { ask } from './client.js'
import type { Ask } from './client.js'

const PATIENCE_MS = 120_000
const LONGEST_WAIT_MS = 6_000
const WINDOW_MS = 60_000
/** For starting connections and for timers on a busy machine. */
const LEEWAY_MS = 3_000

// The runs wait for windows side by side; each has a simulator and a proxy of its own.
t.jobs = 4

async function start(t: Test, latencyMs: number) {
  const sim = await startSimulator({ latencyMs: [latencyMs, latencyMs] })
  const root = mkdtempSync(join(tmpdir(), 'intervals-proxy-window-'))
  const proxy = await startProxy({
    upstream: sim.url,
    dataDir: join(root, 'data'),
    env: { INTERVALS_PROXY_LOG_LEVEL: 'warn' },
  })
  t.teardown(async () => {
    await proxy.kill('SIGKILL')
    await sim.close()
    rmSync(root, { recursive: true, force: true })
  })
  const port = Number(new URL(proxy.url).port)
  return {
    sim,
    async timed(path: string, request: Ask = {}) {
      const startedMs = performance.now()
      const answer = await ask(port, path, { patienceMs: PATIENCE_MS, ...request })
      return { status: answer.status, tookMs: performance.now() - startedMs }
    },
  }
}

type Run = Awaited<ReturnType<typeof start>>

function judge(t: Test, { sim }: Run): void {
  const most = sim.maxInAnyWindow(WINDOW_MS)
  t.ok(most <= 100, `${most} arrivals in a window of 60 s`)
  const refused = sim.arrivals.filter(({ apiCode }) => apiCode !== undefined)
  t.strictSame(refused, [], 'Intervals refused nothing')
}

/**
 * Every call needs the slot of the call 100 before it, so the last one cannot leave earlier than whole
 * windows after the call that comes so many hundreds before it. One call is the question to /quota/.
 */
function judgeEnd(t: Test, { sim }: Run, calls: number): void {
  const windows = Math.floor(calls / 100)
  const times = sim.arrivals.map(({ atMs }) => atMs)
  t.equal(times.length, calls + 1)
  const tookMs = (times.at(-1) ?? Infinity) - (times[calls - windows * 100] ?? 0)
  t.ok(tookMs <= windows * WINDOW_MS + LEEWAY_MS, `${Math.round(tookMs)} ms for ${windows} windows`)
  const burstMs = (times[49] ?? Infinity) - (times[0] ?? 0)
  t.ok(burstMs <= WINDOW_MS / 3, `the first 50 leave at once: ${Math.round(burstMs)} ms`)
}

const longest = (answers: readonly { readonly tookMs: number }[]): number =>
  Math.max(...answers.map(({ tookMs }) => tookMs))

for (const latencyMs of [20, 300]) {
  const name = `250 sequential GETs at ${latencyMs} ms finish as early as 250 calls can`
  t.test(name, { buffered: true }, async (t) => {
    const run = await start(t, latencyMs)
    const answers = []
    for (let page = 0; page < 250; page++) {
      answers.push(await run.timed(`/time/?limit=10&offset=${page * 10}`))
    }
    t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
    t.ok(longest(answers) <= LONGEST_WAIT_MS, `${Math.round(longest(answers))} ms at most`)
    judgeEnd(t, run, 250)
    judge(t, run)
  })
}

t.test('150 parallel POSTs create 150 entries', { buffered: true }, async (t) => {
  const run = await start(t, 20)
  const answers = await Promise.all(
    Array.from({ length: 150 }, (_, n) =>
      run.timed('/client/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: `Client ${n}`, active: 't', datecreated: '2026-03-10' }),
      }),
    ),
  )
  t.strictSame([...new Set(answers.map(({ status }) => status))], [201])
  t.equal(run.sim.changes.filter(({ resource }) => resource === 'client').length, 150)
  judgeEnd(t, run, 150)
  judge(t, run)
})

t.test(
  'a program next to an export on the same token waits 6 s at most',
  {
    buffered: true,
  },
  async (t) => {
    const run = await start(t, 20)
    let isDone = false
    const exported: number[] = []
    const exporting = (async () => {
      for (let page = 0; !isDone; page++) {
        const path = `/time/?limit=10&offset=${page * 10}`
        exported.push((await run.timed(path, { headers: { 'user-agent': 'export/1.0' } })).status)
      }
    })()
    await wait(5_000)
    const answers = []
    for (let n = 0; n < 20; n++) {
      const next = wait(3_000)
      answers.push(
        await run.timed(`/project/?limit=5&offset=${n * 5}`, {
          headers: { 'user-agent': 'bot/1.0' },
        }),
      )
      await next
    }
    isDone = true
    await exporting
    t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
    t.strictSame([...new Set(exported)], [200])
    t.ok(longest(answers) <= LONGEST_WAIT_MS, `${Math.round(longest(answers))} ms at most`)
    judge(t, run)
  },
)
