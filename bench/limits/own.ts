/** How well the limits are kept and used, by the simulator's own count of arrivals. */

import { setTimeout as wait } from 'node:timers/promises'
import { maxInAnyWindow, median, quantile } from '../figures.js'
import { printTable } from '../table.js'
import type { Row } from '../table.js'
import { startBench } from './processes.js'
import type { Answer, Bench } from './processes.js'

export const MAX = 100

let next = 0
const coldPath = (): string => `/client/?limit=1&offset=${next++}`
const as = (consumer: string, priority = 'interactive'): Record<string, string> => ({
  'intervals-proxy-consumer': consumer,
  'intervals-proxy-priority': priority,
})

/** One of those who ask later warms everything up; the window is empty again when this resolves. */
async function idle(bench: Bench, windowMs: number, consumer: string): Promise<void> {
  await bench.get(coldPath(), as(consumer))
  await wait(windowMs + 1_000)
  await bench.clear()
}

/** A burst of the whole window from idle: how long until the last has left? */
export async function burst(rounds: number, windowMs: number): Promise<readonly Row[]> {
  const bench = await startBench({ max: MAX, windowMs, latencyMs: [0, 300] })
  const spreads: number[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      await idle(bench, windowMs, 'burst')
      await Promise.all(Array.from({ length: MAX }, () => bench.get(coldPath(), as('burst'))))
      const times = (await bench.arrivals()).map(({ atMs }) => atMs)
      spreads.push(Math.max(...times) - Math.min(...times))
    }
    return [
      {
        what: `burst of ${MAX} from idle, one consumer`,
        window: `${windowMs / 1_000} s`,
        rounds,
        'median ms': Math.round(median(spreads)),
        'max ms': Math.round(Math.max(...spreads)),
        goal: '<= 300 ms',
      },
    ]
  } finally {
    await bench.close()
  }
}

/** Everybody asks all the time: how much of the allowance is used, and is it ever exceeded? */
export async function saturated(options: {
  windowMs: number
  windows: number
  consumers: number
  latencyMs: readonly [number, number]
}): Promise<Row> {
  const { windowMs, windows, consumers, latencyMs } = options
  const bench = await startBench({ max: MAX, windowMs, latencyMs })
  try {
    await idle(bench, windowMs, 'consumer-0')
    const startedMs = performance.now()
    const runMs = windows * windowMs
    let failed = 0
    const worker = async (consumer: string): Promise<void> => {
      while (performance.now() - startedMs < runMs) {
        const { status } = await bench.get(coldPath(), as(consumer))
        if (status !== 200) failed++
      }
    }
    const workers = Array.from({ length: 150 }, (_, at) => worker(`consumer-${at % consumers}`))
    await wait(runMs)
    const arrivals = (await bench.arrivals()).map(({ atMs }) => atMs)
    const stats = await bench.stats()
    const first = Math.min(...arrivals)
    const inRun = arrivals.filter((at) => at - first <= runMs)
    void Promise.allSettled(workers)
    return {
      window: `${windowMs / 1_000} s`,
      latency: `${latencyMs[0]}-${latencyMs[1]} ms`,
      consumers,
      'max in any window': maxInAnyWindow(arrivals, windowMs),
      'refused upstream': stats.refused.minute,
      arrivals: inRun.length,
      'of the ideal rate': `${((100 * inRun.length) / (MAX * windows)).toFixed(2)} %`,
      failed,
    }
  } finally {
    await bench.close()
  }
}

/** One consumer has 1,000 requests in line; how long does another's single call wait? */
export async function fairness(
  priority: string,
  { seconds, windowMs }: { readonly seconds: number; readonly windowMs: number },
): Promise<Row> {
  const bench = await startBench({ max: MAX, windowMs, latencyMs: [0, 300] })
  try {
    await idle(bench, windowMs, 'hog')
    const hog = Array.from({ length: 1_000 }, () => bench.get(coldPath(), as('hog', priority)))
    const calls: Answer[] = []
    const startedMs = performance.now()
    while (performance.now() - startedMs < seconds * 1_000) {
      await wait(400 + ((calls.length * 137) % 400))
      calls.push(await bench.get(coldPath(), as('human')))
    }
    const stats = await bench.stats()
    const slots = calls.map(({ queuedMs }) => queuedMs / (windowMs / MAX))
    void Promise.allSettled(hog)
    return {
      hog: `1,000 x ${priority}`,
      calls: calls.length,
      'median slots': median(slots).toFixed(2),
      'p95 slots': quantile(slots, 0.95).toFixed(2),
      'max slots': Math.max(...slots).toFixed(2),
      'max in any window': stats.maxInAnyWindow,
      goal: '<= 2 slots',
    }
  } finally {
    await bench.close()
  }
}

/** At the real 60 s. */
export async function soakLimits(): Promise<void> {
  const rows: Row[] = []
  for (const consumers of [1, 5]) {
    rows.push(await saturated({ windowMs: 60_000, windows: 4, consumers, latencyMs: [0, 300] }))
  }
  printTable(SATURATED, rows)
}

export const SATURATED = 'Saturated: all kinds of windows enforced at once by the simulator'
