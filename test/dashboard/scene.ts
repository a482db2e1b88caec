/** A proxy with an afternoon behind it, and an office that goes on asking: for pictures of the dashboard. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createMemoryJournal,
  createMemorySpendingJournal,
  dayOfHour,
  hourOf,
} from '../../src/limits/index.js'
import { FEATURES } from '../../src/features.js'
import { buildApp } from '../../src/server/app.js'
import { systemClock } from '../../src/server/clock.js'
import type { OpenFile } from '../../src/server/ports/open-file.js'
import { createMemoryHistory } from '../../src/dashboard/history/history-journal.js'
import type { SpanBucket } from '../../src/dashboard/history/history-journal.js'
import type { Row } from '../../src/dashboard/page/frame.js'
import type { Durations, WayCounts } from '../../src/report/traffic.js'
import { startSimulator } from '../../src/simulator/index.js'
import { testConfig } from '../server/build.js'
import { basic } from '../server/client.js'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const CONSUMERS = {
  wallboard: 'interactive',
  'time-sync': 'interactive',
  reports: 'background',
  invoicing: 'write',
} as const

export async function openScene() {
  // The afternoon of a working day, whatever the time is here.
  const now = new Date()
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate())
  const aheadMs = today + 14.66 * HOUR_MS - now.getTime()
  const system = systemClock()
  const clock = { ...system, bootId: null, wallMs: () => system.wallMs() + aheadMs }
  const simulator = await startSimulator({
    latencyMs: [60, 420],
    wallNow: () => clock.wallMs(),
  })
  const { buckets, used } = afternoon(clock.wallMs())
  const history = createMemoryHistory()
  await history.put(buckets)
  const journal = createMemoryJournal()
  const hour = hourOf(clock.wallMs())
  const day = dayOfHour(hour)
  await journal.putDay({ account: 'agency', day, taken: used, doubtful: 0 })
  const spending = createMemorySpendingJournal()
  const shares = { wallboard: 0.38, 'time-sync': 0.31, reports: 0.22, invoicing: 0.09 }
  for (const [name, share] of Object.entries(shares)) {
    for (const [back, part] of [0.16, 0.17, 0.12, 0.12, 0.19, 0.24].entries()) {
      const calls = Math.round(used * share * part)
      const resource = 'time'
      await spending.put([
        { hour: hour - back, account: 'agency', consumer: name, resource, calls },
      ])
    }
  }
  const settings = {
    limits: { minute: { max: 100 }, day: { max: 6_000 } },
    accounts: { agency: { plan: 6_000 } },
    consumers: { invoicing: { share: { day: '20%' } }, wallboard: { share: { day: '40%' } } },
  }
  const dir = mkdtempSync(join(tmpdir(), 'scene-'))
  const app = await buildApp(testConfig(settings, simulator.url), {
    clock,
    journal,
    spending,
    openFile: ((file: string) =>
      file === 'history.mdb'
        ? { ...history, keptIn: 'disk' }
        : join(dir, file)) as unknown as OpenFile,
    secret: () => Buffer.alloc(32, 7),
    newDisk: 'idle',
    installs: FEATURES.installs,
    features: FEATURES.pipeline,
    version: '0.1.0',
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    /** Some seconds of an office. */
    traffic: (): Promise<void> => traffic(url),
    async close() {
      await app.close()
      rmSync(dir, { recursive: true, force: true })
      await simulator.close()
    },
  }
}

async function traffic(url: string): Promise<void> {
  const get = async (
    name: keyof typeof CONSUMERS,
    path: string,
    more: { readonly method?: string; readonly body?: string } = {},
  ): Promise<void> => {
    const headers = {
      authorization: basic('agencyadm01'),
      accept: 'application/json',
      'intervals-proxy-consumer': name,
      'intervals-proxy-priority': CONSUMERS[name],
      ...(more.body !== undefined && { 'content-type': 'application/json' }),
    }
    const answer = await fetch(url + path, { ...more, headers })
    await answer.arrayBuffer()
  }
  const lists = ['/project/', '/client/', '/person/', '/task/?limit=50', '/milestone/']
  for (let round = 0; round < 3; round++) {
    await Promise.all(lists.map((path) => get('wallboard', path)))
    await Promise.all([1, 2, 3].map(() => get('time-sync', '/time/?limit=20')))
    for (let item = 0; item < 4; item++) await get('time-sync', `/task/${101 + item + round}/`)
    await get('invoicing', '/task/101/', {
      method: 'PUT',
      body: JSON.stringify({ title: `Homepage, round ${round}` }),
    })
    await get('invoicing', '/invoice/?datebegin=2026-01-01')
  }
  const pages = Array.from({ length: 64 }, (_, page) => `/time/?limit=100&offset=${page * 100}`)
  void Promise.allSettled(pages.map((path) => get('reports', path)))
  await Promise.all([1, 2].map(() => get('time-sync', '/timer/')))
  await Promise.all(lists.map((path) => get('wallboard', path)))
}

/** Figures of a day that nobody lived: busy at ten and at two, quiet at noon. */
function afternoon(nowMs: number): { buckets: SpanBucket[]; used: number } {
  const buckets: SpanBucket[] = []
  let seed = 7
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const busy = (hour: number): number =>
    Math.exp(-((hour - 9.8) ** 2) / 3) + 0.9 * Math.exp(-((hour - 14.2) ** 2) / 4) + 0.04
  const waysOf = (requests: number): WayCounts => ({
    hit: Math.round(requests * (0.64 + random() * 0.1)),
    stale: Math.round(requests * 0.06),
    joined: Math.round(requests * 0.1 * random()),
    fetched: Math.round(requests * 0.13),
    passed: Math.round(requests * 0.03),
    write: Math.round(requests * 0.1 * random()),
  })
  const dayStart = Math.floor(nowMs / (24 * HOUR_MS)) * 24 * HOUR_MS
  const upstream: Durations = [1, 210, 900]
  const common = { waits: {}, upstream, waiting: 0, held: 0, days: {} }
  let used = 0
  for (let at = dayStart - 2 * HOUR_MS; at < nowMs - MINUTE_MS; at += MINUTE_MS) {
    if (at === dayStart) used = 0
    const hour = (at - dayStart) / HOUR_MS
    const requests = Math.round(busy((hour + 24) % 24) * 30 * (0.6 + random() * 0.8))
    const ways = waysOf(requests)
    const { fetched = 0, passed = 0, write = 0, stale = 0 } = ways
    const calls = fetched + passed + write + stale
    used += calls
    const bucket = { ...common, at, ways, calls, days: { agency: [used, 6_000] as const } }
    buckets.push({ span: 'minute', bucket })
  }
  const row = (name: string, requests: number): Row => ({
    name,
    ways: waysOf(requests),
    wait: [4, 900, 640],
  })
  for (let at = dayStart - 34 * 24 * HOUR_MS; at < nowMs; at += HOUR_MS) {
    const weekend = [0, 6].includes(new Date(at).getUTCDay()) ? 0.08 : 1
    const requests = busy((at / HOUR_MS) % 24) * 1_400 * weekend * (0.8 + random() * 0.4)
    const rows = (shares: Readonly<Record<string, number>>): Row[] =>
      Object.entries(shares).map(([name, share]) => row(name, Math.round(requests * share)))
    const ways = waysOf(requests)
    const tables = {
      resources: rows({ time: 0.34, task: 0.27, project: 0.15, client: 0.1, person: 0.08 }),
      consumers: rows({ wallboard: 0.46, 'time-sync': 0.3, reports: 0.16, invoicing: 0.08 }),
      paths: rows({ '/time/': 0.3, '/task/': 0.2, '/project/': 0.14, '/client/': 0.1 }),
    }
    const calls = Math.round(requests * 0.28)
    buckets.push({ span: 'hour', bucket: { ...common, at, ways, calls, tables } })
  }
  return { buckets, used }
}
