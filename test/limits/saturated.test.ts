import t from 'tap'
import { AdmissionQueue } from '../../src/limits/index.js'
import { createUpstreamDispatcher, DISPATCH_CONTEXT } from '../../src/upstream/index.js'
import { startSimulator } from '../../src/simulator/index.js'
import { realClock } from './real-clock.js'
import { ledgerWith } from './setup.js'

const MAX = 60
const WINDOW_MS = 3_000
const SECONDS = 10

t.test('saturated: never over in any window, and what is allowed is used', async (t) => {
  const sim = await startSimulator({
    minuteMax: MAX,
    minuteWindowMs: WINDOW_MS,
    minuteKinds: ['sliding', 'fixed', 'bucket'],
    latencyMs: [0, 60],
    dayMax: 1_000_000,
  })
  const ledger = ledgerWith(realClock, { max: MAX, windowMs: WINDOW_MS, dayMax: 1_000_000 })
  const queue = new AdmissionQueue({
    ledger,
    clock: realClock,
    pace: { max: MAX, windowMs: WINDOW_MS, burst: 48, graceMs: 5 },
    maxLength: 1_000,
    maxLengthPerConsumer: 500,
    agingMs: 500,
  })
  const refusals: string[] = []
  const upstream = createUpstreamDispatcher({
    ledger,
    clock: realClock,
    timeoutMs: 2_000,
    answerTimeoutMs: 60_000,
    maxConnections: 2 * MAX,
    events: { refused: ({ reason }) => refusals.push(reason) },
  })
  t.teardown(async () => {
    await queue.close()
    await upstream.close()
    await sim.close()
  })

  const endMs = realClock.monotonicMs() + SECONDS * 1_000
  const authorization = `Basic ${Buffer.from('agencyadm01:X').toString('base64')}`
  const headers = { accept: 'application/json', authorization }
  const statuses = new Map<number, number>()
  const consumers = Array.from({ length: 12 }, async (_, i) => {
    const priority = (['write', 'interactive', 'background'] as const)[i % 3] ?? 'write'
    while (realClock.monotonicMs() < endMs) {
      const admission = await queue.admit({
        account: 'agency',
        consumer: `consumer-${i}`,
        priority,
        chargesDay: true,
        maxWaitMs: endMs - realClock.monotonicMs(),
      })
      if (admission.kind === 'refused') return
      const context = { permit: admission.permit, target: '/me/', body: null }
      const { statusCode, body } = await upstream.dispatcher.request({
        origin: new URL(sim.url).origin,
        path: '/',
        method: 'GET',
        headers: { ...headers, [DISPATCH_CONTEXT]: context } as Record<string, string>,
      })
      await body.dump()
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
    }
  })
  await Promise.all(consumers)
  // Between the first and the last one, or the length of the test would decide.
  const times = sim.arrivals.map(({ atMs }) => atMs)
  const windows = (Math.max(...times) - Math.min(...times)) / WINDOW_MS
  t.comment({ most: sim.maxInAnyWindow(), sent: sim.arrivals.length, windows })
  t.ok(sim.maxInAnyWindow() <= MAX, `${sim.maxInAnyWindow()} in one window`)
  t.same(refusals, [])
  t.same([...statuses.keys()], [200])
  const share = (sim.arrivals.length - MAX) / (MAX * windows)
  t.comment(`${share.toFixed(3)} of what is allowed`)
  // How much of it is a matter of the machine's load, and measured by the benchmarks.
  t.ok(share >= 0.5, 'and what is allowed is used')
  t.match(ledger.usage(), { window: { inFlight: 0 }, days: [{ used: sim.dayUsed('agency') }] })
})
