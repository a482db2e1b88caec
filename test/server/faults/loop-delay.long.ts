/**
 * How long the faults of the upstream keep the proxy's event loop: the CPU time of each of its turns,
 * which neighbours on the machine do not add to, and the delay by the clock, which they do. Figures to
 * read; the bound on the first is generous.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { loaderOnly } from '../../cache/process-options.js'
import { buildTestProxy } from '../build.js'

/** The standard is 50 ms; half as much again for what the collector does meanwhile in its threads. */
const MAX_TURN_MS = 75

for (const atOnce of [8, 24]) {
  t.test(`every fault, ${atOnce} at once`, async (t) => {
    const outside = fork(fileURLToPath(new URL('outside.ts', import.meta.url)), loaderOnly())
    t.teardown(() => outside.kill())
    const [{ url }] = (await once(outside, 'message')) as [{ url: string }]
    const { port, app } = await buildTestProxy(t, {
      upstreamUrl: url,
      settings: { upstream: { timeout: '500ms', answerTimeout: '800ms' } },
    })
    let last = ''
    app.server.on('request', ({ url: target = '' }: { url?: string }) => (last = target))
    const delay = monitorEventLoopDelay({ resolution: 1 })
    const turns = watchTurns(() => last)
    delay.enable()
    outside.send({ port, atOnce })
    const [{ requests }] = (await once(outside, 'message')) as [{ requests: number }]
    delay.disable()
    const { count, longest } = turns.stop()
    t.equal(app.services.ledger.usage().window.inFlight, 0)
    const [worst] = longest
    t.ok((worst?.cpuMs ?? 0) < MAX_TURN_MS, `no turn took ${MAX_TURN_MS} ms of CPU time`)
    t.comment(
      `${requests} requests, ${count} turns of the loop; the longest by CPU time: ` +
        longest.map(({ cpuMs, during }) => `${cpuMs.toFixed(1)} ms (${during})`).join(', '),
    )
    t.comment(`delay by the clock: ${ms(delay.max)} ms at most, p99 ${ms(delay.percentile(99))} ms`)
  })
}

const ms = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1)

interface Turn {
  readonly cpuMs: number
  readonly during: string
}

function watchTurns(during: () => string) {
  let longest: Turn[] = []
  let count = 0
  let isOver = false
  let before = process.cpuUsage()
  const turn = (): void => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    count++
    longest.push({ cpuMs: (user + system) / 1_000, during: during() })
    longest = longest.toSorted((a, b) => b.cpuMs - a.cpuMs).slice(0, 5)
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    stop: () => {
      isOver = true
      return { count, longest }
    },
  }
}
