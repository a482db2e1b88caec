/**
 * `npm run soak -- --faults --minutes 10`: a proxy as a process of its own, an upstream that fails in
 * every way at random, consumers of every kind. Nothing may break, leak, or be told wrongly.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { printTable } from '../table.js'
import { CLIENT_IDS, createBook, versionOf } from './book.js'
import { authorizationOf, CONSTANT, consume, violate, type Findings } from './consumers.js'
import { growthOf } from './growth.js'
import { start, temporaryDirectory, type Running, type Sample } from './processes.js'
import { randomBelow } from './random.js'

const MINUTE = { max: 240, windowMs: 6_000 }
const CONSUMERS = 60
const SAMPLE_EVERY_MS = 2_500

/** Each with its share of all requests to the upstream; those that a person has to end are left out. */
const FAULTS = [
  ...['reset', 'reset-mid-body', 'hang', 'hang-mid-body', 'truncated', 'garbage'].map((kind) => ({
    kind,
    probability: 0.012,
  })),
  { kind: 'wrong-content-type', probability: 0.02 },
  { kind: 'execute-then-reset', probability: 0.012 },
  { kind: 'execute-then-hang', probability: 0.006 },
  { kind: 'slow-body', delayMs: 40, probability: 0.02 },
  { kind: 'delay', delayMs: 700, probability: 0.02 },
  { kind: 'status', status: 500, probability: 0.02 },
  { kind: 'status', status: 503, headers: { 'retry-after': '1' }, probability: 0.01 },
  { kind: 'status', status: 404, apiCode: 14, probability: 0.01 },
  { kind: 'status', status: 401, apiCode: 9, probability: 0.002 },
  { kind: 'status', status: 400, apiCode: 12, probability: 0.0005 },
]

export async function soakFaults({
  minutes,
  seed,
}: {
  minutes: number
  seed: number
}): Promise<boolean> {
  const findings: Findings = { counts: new Map(), violations: [] }
  const directory = temporaryDirectory()
  const simulator = await start([
    'simulate',
    `--minute-max=${MINUTE.max}`,
    `--minute-window=${MINUTE.windowMs}ms`,
    '--minute-kinds=sliding,fixed,bucket',
    '--latency=0ms,120ms',
    '--day-max=10000000',
    `--seed=${seed}`,
  ])
  const constant = await referenceBodies(simulator)
  // What was asked directly has left the windows of the simulator too.
  await wait(MINUTE.windowMs + 1_000)
  await control(simulator, 'journal', 'DELETE')
  await control(simulator, 'faults', 'POST', FAULTS)
  const proxy = await start(
    ['--port=0', `--upstream=${simulator.url}`, `--data-dir=${directory.path}`, '--log-level=warn'],
    {
      INTERVALS_PROXY_MINUTE_MAX: String(MINUTE.max),
      INTERVALS_PROXY_MINUTE_WINDOW: `${MINUTE.windowMs}ms`,
      INTERVALS_PROXY_DAY_MAX: '10000000',
      INTERVALS_PROXY_UPSTREAM_TIMEOUT: '2s',
      INTERVALS_PROXY_CACHE_SIZE: '2MiB',
      INTERVALS_PROXY_BODY_LIMIT: '64KiB',
      INTERVALS_PROXY_CONFIG: directory.write(
        'soak.yaml',
        'cache: { maxEntrySize: 128KiB, maxDiskSize: 16MiB }\n',
      ),
      TMPDIR: directory.path,
    },
  )

  const endsAtMs = performance.now() + minutes * 60_000
  const isOver = (): boolean => performance.now() > endsAtMs || proxy.died() !== undefined
  const book = createBook()
  const load = { url: proxy.url, port: proxy.port, book, constant, findings, isOver }
  const consumers = Promise.all(
    Array.from({ length: CONSUMERS }, (_, at) => consume(load, randomBelow(seed * 1_000 + at + 1))),
  )
  const samples: Sample[] = []
  while (!isOver()) {
    await wait(SAMPLE_EVERY_MS)
    const sample = await proxy.sample().catch((error: unknown) => violate(findings, String(error)))
    if (sample !== undefined) samples.push(sample)
  }
  await consumers

  const stats = (await control(simulator, 'stats', 'GET')) as Stats
  await control(simulator, 'faults', 'DELETE')
  const settled = await settledDifferences(proxy, simulator)
  for (const difference of settled.differences) violate(findings, difference)
  const { rows, grown } = growthOf(samples)
  for (const one of grown) violate(findings, one)
  if (stats.maxInAnyWindow > MINUTE.max) violate(findings, `${stats.maxInAnyWindow} in one window`)
  if (proxy.died() !== undefined) violate(findings, `the proxy died: ${proxy.died()}`)
  const ended = await proxy.stop()
  if (ended !== 0) violate(findings, `the proxy ended with ${ended}`)
  if (proxy.errors() !== '') violate(findings, `standard error: ${proxy.errors().slice(0, 500)}`)
  const broken = [...proxy.lines].filter(([kind]) => /^(?:50|60) /.test(kind))
  for (const [kind, { count, first }] of broken)
    violate(findings, `log, ${count} x ${kind}: ${first.slice(0, 600)}`)
  await simulator.stop()
  directory.remove()

  const counts = [...findings.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  printTable(
    `What ${CONSUMERS} consumers met in ${minutes} min, seed ${seed}`,
    counts.map(([what, times]) => ({ what, times })),
  )
  printTable(
    'Lines of the log',
    [...proxy.lines].map(([kind, { count }]) => ({ line: kind.slice(0, 110), times: count })),
  )
  printTable(
    `Held by the proxy after garbage collections, medians of ${samples.length} samples`,
    rows,
  )
  printTable('Limits, counted by the simulator', [
    {
      arrivals: stats.arrivals,
      'max in any window': `${stats.maxInAnyWindow} of ${MINUTE.max}`,
      'refused by the minute': stats.refused.minute,
      'clients equal at the end': `${settled.equal} of ${CLIENT_IDS.length}`,
    },
  ])
  console.log(`\n${findings.violations.length} violations`)
  for (const violation of findings.violations.slice(0, 30)) console.log(`  ${violation}`)
  return findings.violations.length === 0
}

interface Row {
  readonly id: string
  readonly description: string
}

interface Stats {
  readonly arrivals: number
  readonly maxInAnyWindow: number
  readonly refused: { readonly minute: number }
}

async function control(
  { url }: Running,
  what: string,
  method: 'GET' | 'POST' | 'DELETE',
  body?: unknown,
): Promise<unknown> {
  const response = await request(`${url}/-simulator/${what}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer: unknown = await response.body.json()
  if (response.statusCode !== 200) throw new Error(`${what}: ${JSON.stringify(answer)}`)
  return answer
}

async function get({ url }: Running, target: string): Promise<{ status: number; text: string }> {
  const response = await request(url + target, {
    headers: { accept: 'application/json', authorization: authorizationOf('agencyadm01') },
  })
  return { status: response.statusCode, text: await response.body.text() }
}

async function referenceBodies(simulator: Running): Promise<ReadonlyMap<string, string>> {
  const bodies = new Map<string, string>()
  for (const target of CONSTANT) {
    const { status, text } = await get(simulator, target)
    if (status !== 200) throw new Error(`${target}: ${status} from the simulator`)
    bodies.set(target, text)
  }
  return bodies
}

/** When all is over, the proxy says of each client what the simulator holds. */
async function settledDifferences(proxy: Running, simulator: Running) {
  if (proxy.died() !== undefined) return { equal: 0, differences: [] }
  const differences: string[] = []
  // Pauses and credentials that were refused come to their ends, and what was lost has arrived.
  await wait(2 * MINUTE.windowMs + 10_000)
  const truth = await get(simulator, '/client/?limit=40')
  for (const id of CLIENT_IDS) {
    const { status, text } = await get(proxy, `/client/${id}/`)
    const read = (body: string, at: string): number | undefined => {
      const { client } = JSON.parse(body) as { client?: Row | Row[] }
      const row = [client ?? []].flat().find((one) => one.id === at)
      return row && versionOf(row.description)
    }
    const [said, held] = [
      status === 200 ? read(text, id) : `status ${status}`,
      read(truth.text, id),
    ]
    if (said !== held)
      differences.push(`at the end client ${id} is ${said}, and ${held} in Intervals`)
  }
  return { equal: CLIENT_IDS.length - differences.length, differences }
}
