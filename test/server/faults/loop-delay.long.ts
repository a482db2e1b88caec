/**
 * How long the faults of the upstream keep the proxy's event loop. On a machine that others use too
 * this is a figure to read, and no assertion: a busy neighbour makes it longer.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { buildTestProxy } from '../build.js'

t.test('the event loop, while every fault is played', async (t) => {
  for (const atOnce of [1, 8, 24]) {
    const outside = new Worker(new URL('outside.ts', import.meta.url), { workerData: { atOnce } })
    const [{ url }] = (await once(outside, 'message')) as [{ url: string }]
    const { port, app } = await buildTestProxy(t, {
      upstreamUrl: url,
      settings: { upstream: { timeout: '500ms', answerTimeout: '800ms' } },
    })
    const delay = monitorEventLoopDelay({ resolution: 1 })
    const cpu = process.cpuUsage()
    const before = performance.eventLoopUtilization()
    delay.enable()
    outside.postMessage({ port })
    const [{ requests }] = (await once(outside, 'message')) as [{ requests: number }]
    delay.disable()
    const { user, system } = process.cpuUsage(cpu)
    const { utilization } = performance.eventLoopUtilization(before)
    await outside.terminate()
    t.equal(app.services.ledger.usage().window.inFlight, 0)
    t.comment(
      `${requests} requests, ${atOnce} at once: loop delayed by ${ms(delay.max)} ms at most, ` +
        `p99.9 ${ms(delay.percentile(99.9))}, p99 ${ms(delay.percentile(99))}; ` +
        `busy ${(utilization * 100).toFixed(0)} %, CPU of both threads ${((user + system) / 1e6).toFixed(1)} s`,
    )
  }
})

const ms = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1)
