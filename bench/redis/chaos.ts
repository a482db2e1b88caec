/**
 * Three replicas on one Redis, everybody asking all the time, and one mishap after the other. The judge is
 * the simulator's own list of arrivals: never more than the window in any window, never over the day, and
 * after each mishap every replica brings a new answer again by itself.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startSimulator } from '../../src/simulator/index.js'
import { randomBelow } from '../faults/random.js'
import { replicaOf } from './replica.js'
import type { Replica } from './replica.js'
import { launchRedis } from './redis-server.js'

export interface ChaosReport {
  readonly seconds: number
  /** How often each mishap happened. */
  readonly mishaps: Readonly<Record<Mishap, number>>
  readonly arrivals: number
  readonly maxInAnyWindow: number
  readonly windowMax: number
  /** What the upstream counted of the day of the small account. */
  readonly dayUsed: number
  readonly dayMax: number
  /** From the end of a mishap until all replicas brought something new, milliseconds. */
  readonly recoveries: readonly { readonly after: Mishap; readonly ms: number }[]
  /** Mishaps after which a replica stayed away. */
  readonly lost: readonly string[]
  readonly answers: Readonly<Record<string, number>>
}

export const MISHAPS = [
  'replica killed',
  'replica stopped',
  'Redis stopped',
  'Redis paused',
  'FLUSHALL',
  'Redis restarted empty',
  'cut off',
  'cut off silently',
] as const
export type Mishap = (typeof MISHAPS)[number]

const WINDOW_MAX = 100
const WINDOW_MS = 6_000
const DAY_MAX = 150
const RECOVERS_WITHIN_MS = 60_000
const CONSUMERS = 12

const authorization = (token: string): string =>
  `Basic ${Buffer.from(`${token}:X`).toString('base64')}`

export async function chaos(options: {
  readonly seconds: number
  readonly seed: number
  readonly log?: (line: string) => void
}): Promise<ChaosReport> {
  const { seconds, log = () => {} } = options
  const below = randomBelow(options.seed)
  const random = (): number => below(1_000_000) / 1_000_000
  const between = (low: number, high: number): number => low + random() * (high - low)
  const sim = await startSimulator({
    minuteMax: 1_000_000,
    dayMax: 1_000_000,
    latencyMs: [0, 300],
  })
  const redis = await launchRedis()
  const root = mkdtempSync(join(tmpdir(), 'intervals-proxy-chaos-'))
  const config = join(root, 'config.yaml')
  writeFileSync(
    config,
    [
      'accounts:',
      '  large: { plan: 1000000, tokens: ["env:LARGE"] }',
      `  small: { plan: ${DAY_MAX}, tokens: ["env:SMALL"] }`,
    ].join('\n'),
  )
  const env = {
    LARGE: 'agencyadm01',
    SMALL: 'studioadm01',
    INTERVALS_PROXY_MINUTE_MAX: String(WINDOW_MAX),
    INTERVALS_PROXY_MINUTE_WINDOW: `${WINDOW_MS}ms`,
    // So that the worst case of a permit, and with it a quarantine, is short.
    INTERVALS_PROXY_UPSTREAM_TIMEOUT: '2s',
    INTERVALS_PROXY_LOG_LEVEL: 'warn',
    INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0s',
  }
  const args = ['--config', config, '--upstream', sim.url, '--data-dir', join(root, 'unused')]
  const ahead = ['--import', new URL('an-hour-ahead.mjs', import.meta.url).href]
  const replicas = await Promise.all(
    ['one', 'two', 'an hour ahead'].map((name, i) =>
      replicaOf({
        name,
        redisPort: redis.port,
        args,
        env,
        ...(i === 2 && { nodeArgs: ahead }),
      }),
    ),
  )
  const counts = Object.fromEntries(MISHAPS.map((name) => [name, 0])) as Record<Mishap, number>
  const recoveries: { after: Mishap; ms: number }[] = []
  const lost: string[] = []
  const answers: Record<string, number> = {}
  let isOver = false
  let asked = 0

  const one = (): Replica => replicas[Math.floor(random() * replicas.length)] as Replica

  async function consume(name: string): Promise<void> {
    while (!isOver) {
      const token = random() < 0.1 ? 'studioadm01' : 'agencyadm01'
      const status = await one().get(`/client/?limit=1&offset=${asked++}`, {
        authorization: authorization(token),
        accept: 'application/json',
        prefer: 'wait=3',
        'intervals-proxy-consumer': name,
      })
      answers[status] = (answers[status] ?? 0) + 1
      if (status !== 200) await wait(100)
    }
  }

  /** Something new of this replica, whatever is in its memory. */
  async function bringsNews(replica: Replica): Promise<boolean> {
    const giveUpAt = performance.now() + RECOVERS_WITHIN_MS
    while (performance.now() < giveUpAt) {
      const status = await replica.get(`/project/?limit=1&offset=${asked++}`, {
        authorization: authorization('agencyadm01'),
        accept: 'application/json',
        prefer: 'wait=10',
        'intervals-proxy-consumer': 'probe',
      })
      if (status === 200) return true
      await wait(100)
    }
    return false
  }

  const acts: Record<Mishap, () => Promise<void>> = {
    async 'replica killed'() {
      const replica = one()
      await replica.kill()
      await wait(between(0, 2_000))
      await replica.start()
    },
    async 'replica stopped'() {
      const replica = one()
      replica.signal('SIGSTOP')
      await wait(between(1_000, 10_000))
      replica.signal('SIGCONT')
    },
    async 'Redis stopped'() {
      redis.signal('SIGSTOP')
      await wait(between(500, 6_000))
      redis.signal('SIGCONT')
    },
    async 'Redis paused'() {
      const ms = Math.round(between(500, 5_000))
      await redis.command('CLIENT', 'PAUSE', String(ms), 'ALL')
      await wait(ms)
    },
    async FLUSHALL() {
      await redis.command('FLUSHALL')
    },
    async 'Redis restarted empty'() {
      await redis.stop()
      await wait(between(0, 3_000))
      await redis.restart()
    },
    async 'cut off'() {
      const { cable } = one()
      cable.cut('reset')
      await wait(between(500, 8_000))
      cable.mend()
    },
    async 'cut off silently'() {
      const { cable } = one()
      cable.cut('silent')
      await wait(between(500, 8_000))
      cable.mend()
    },
  }

  try {
    for (const replica of replicas) await replica.start()
    for (const replica of replicas) await bringsNews(replica)
    const startedMs = performance.now()
    const consumers = Array.from({ length: CONSUMERS }, (_, i) => consume(`consumer-${i}`))
    const deck: Mishap[] = []
    while (performance.now() - startedMs < seconds * 1_000) {
      // Each once, in an order of chance, before any comes again.
      if (deck.length === 0) deck.push(...shuffled(MISHAPS, random))
      const mishap = deck.pop()
      if (mishap === undefined) break
      // In the middle of a full window.
      await wait(between(500, 2_500))
      await acts[mishap]()
      counts[mishap]++
      const endedMs = performance.now()
      for (const replica of replicas) {
        if (!(await bringsNews(replica))) lost.push(`${replica.name} after ${mishap}`)
      }
      const ms = Math.round(performance.now() - endedMs)
      recoveries.push({ after: mishap, ms })
      log(`${Math.round((endedMs - startedMs) / 1_000)} s: ${mishap}; all well after ${ms} ms`)
    }
    isOver = true
    await Promise.all(consumers)
    const { arrivals } = sim
    return {
      seconds: Math.round((performance.now() - startedMs) / 1_000),
      mishaps: counts,
      arrivals: arrivals.length,
      maxInAnyWindow: mostIn(arrivals.map(({ atMs }) => atMs)),
      windowMax: WINDOW_MAX,
      dayUsed: arrivals.filter(({ account, target }) => account === 'studio' && !isQuota(target))
        .length,
      dayMax: DAY_MAX,
      recoveries,
      lost,
      answers,
    }
  } finally {
    isOver = true
    await Promise.all(replicas.map((replica) => replica.close()))
    await redis.close()
    await sim.close()
    rmSync(root, { recursive: true, force: true })
  }
}

const isQuota = (target: string): boolean => target.startsWith('/quota')

/** The most arrivals in any window; two that are exactly a window apart are not in the same one. */
function mostIn(atMs: readonly number[]): number {
  const sorted = atMs.toSorted((a, b) => a - b)
  let first = 0
  let most = 0
  for (const [last, at] of sorted.entries()) {
    while (at - (sorted[first] ?? at) >= WINDOW_MS) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
