/** Hits: every server asked for the same, in turns, by the same load. */

import { request } from 'undici'
import { createSaturation, loader } from '../load/saturate.js'
import type { LoadResult } from '../load/saturate.js'
import { cpuMs, removeDirectory, temporaryDirectory } from '../children.js'
import { short, showSpread, spreadOf } from '../figures.js'
import type { Spread } from '../figures.js'
import type { Goal, Part, PartContext, PartResult } from '../part.js'
import type { Row, Table } from '../table.js'
import { targetOf } from './answer.js'
import { HEADERS } from './headers.js'
import { CANDIDATES, installed, OURS, startOrigin } from './servers.js'
import type { Candidate, Server } from './servers.js'

interface Cell {
  readonly what: string
  readonly bytes: number
  readonly isConditional: boolean
}

const CELLS: readonly Cell[] = [
  { what: '0.5 KB', bytes: 512, isConditional: false },
  { what: '5 KB', bytes: 5_120, isConditional: false },
  { what: '100 KB', bytes: 102_400, isConditional: false },
  { what: '5 KB, 304', bytes: 5_120, isConditional: true },
]

interface Measured {
  readonly server: string
  readonly cell: string
  readonly connections: number
  readonly requestsPerSecond: Spread
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  /** Processor time of the server per request, microseconds. */
  readonly cpuMicros: Spread
}

interface Runner {
  readonly name: string
  readonly server: Server
  readonly etags: Map<number, string>
}

export interface HitsOptions {
  readonly connections: number
  readonly isLogging: boolean
}

export function hitsPart({ connections, isLogging }: HitsOptions): Part {
  const log = isLogging ? 'with an access log' : 'without a log'
  const how = `${connections} connection${connections === 1 ? '' : 's'}, ${log}`
  const name = `hits-${connections}${isLogging ? '' : '-nolog'}`
  return {
    about: `requests a second, latency and processor time of hits, ${how}`,
    seconds: 170,
    needsBuild: true,
    isLight: false,
    async run(context) {
      const { measured, skipped } = await withServers(
        { isLogging, isQuick: context.isQuick },
        (runners, directory) => measure(runners, { context, directory, connections }),
      )
      return resultOf({ name, how, measured, skipped, isGoal: connections === 50 && isLogging })
    },
  }
}

/** Whom a quick look compares: those that the goals name. */
const QUICK: readonly string[] = ['Fastify, bare', 'nginx', OURS]

/** Everything started, warmed up and proven to answer the same from its cache. */
export async function withServers<T>(
  { isLogging, isQuick }: { readonly isLogging: boolean; readonly isQuick: boolean },
  use: (runners: readonly Runner[], directory: string) => Promise<T>,
): Promise<{ measured: T; skipped: readonly string[] }> {
  const directory = temporaryDirectory()
  const origin = await startOrigin()
  const { present, skipped } = installed(CANDIDATES)
  const runners: Runner[] = []
  try {
    const start = async (candidate: Candidate, logs: boolean, name: string): Promise<void> => {
      const server = await candidate.start({
        origin: `http://127.0.0.1:${origin.port}/`.slice(0, -1),
        directory,
        isLogging: logs,
      })
      runners.push({ name, server, etags: new Map() })
    }
    for (const candidate of present) {
      if (isQuick && !QUICK.includes(candidate.name)) continue
      if (isLogging && candidate.name === 'Fastify, bare') {
        await start(candidate, false, 'Fastify, bare, without a log')
      }
      if (isQuick && candidate.name === 'Fastify, bare') continue
      await start(candidate, isLogging, candidate.name)
    }
    for (const runner of runners) await prove(runner)
    const before = await origin.asked()
    const measured = await use(runners, directory)
    const asked = (await origin.asked()) - before
    // undici and Varnish know no conditional hit of their own that would ask; a miss would show as many.
    if (asked > 50) throw new Error(`no hits: the origin was asked ${asked} times`)
    return { measured, skipped }
  } finally {
    for (const { server } of runners) await server.stop()
    await origin.stop()
    removeDirectory(directory)
  }
}

/** The right answer, twice, and a 304 for its tag. */
async function prove({ name, server, etags }: Runner): Promise<void> {
  for (const { bytes } of CELLS) {
    const url = `http://127.0.0.1:${server.port}${targetOf(bytes)}`
    let etag = ''
    for (let round = 0; round < 2; round++) {
      const { statusCode, headers, body } = await request(url, { headers: HEADERS })
      const { length } = await body.text()
      if (statusCode !== 200 || length !== bytes) {
        throw new Error(`${name}: ${statusCode} with ${length} bytes in place of ${bytes}`)
      }
      etag = String(headers['etag'])
    }
    const again = await request(url, { headers: { ...HEADERS, 'if-none-match': etag } })
    await again.body.dump()
    if (again.statusCode !== 304) throw new Error(`${name}: ${again.statusCode} in place of a 304`)
    etags.set(bytes, etag)
  }
}

async function measure(
  runners: readonly Runner[],
  options: { context: PartContext; directory: string; connections: number },
): Promise<readonly Measured[]> {
  const { context, directory, connections } = options
  const saturate = createSaturation(directory)
  const rounds = context.isQuick ? 1 : 5
  const cells = context.isQuick ? CELLS.filter(({ what }) => what === '5 KB') : CELLS
  const measured: Measured[] = []
  context.say(`load: ${loader()}, ${rounds} rounds of 1 s each, in alternating order`)
  for (const cell of cells) {
    const results = new Map<string, (LoadResult & { cpuMicros: number })[]>()
    const one = async ({ name, server, etags }: Runner): Promise<void> => {
      const condition = cell.isConditional ? { 'if-none-match': etags.get(cell.bytes) ?? '' } : {}
      const before = cpuMs(server.pids)
      const result = await saturate({
        url: `http://127.0.0.1:${server.port}${targetOf(cell.bytes)}`,
        headers: { ...HEADERS, ...condition },
        connections,
        seconds: 1,
      })
      const cpuMicros = ((cpuMs(server.pids) - before) * 1_000) / result.requests
      results.set(name, [...(results.get(name) ?? []), { ...result, cpuMicros }])
    }
    // Once unmeasured: what is compiled while it runs, and caches of the processor.
    for (const runner of runners) await one(runner)
    results.clear()
    for (let round = 0; round < rounds; round++) {
      for (const runner of round % 2 === 0 ? runners : runners.toReversed()) await one(runner)
    }
    for (const { name } of runners) {
      const all = results.get(name) ?? []
      const spread = (of: (result: (typeof all)[number]) => number): Spread => spreadOf(all.map(of))
      measured.push({
        server: name,
        cell: cell.what,
        connections,
        requestsPerSecond: spread((result) => result.requestsPerSecond),
        p50Ms: spread((result) => result.p50Ms),
        p99Ms: spread((result) => result.p99Ms),
        cpuMicros: spread((result) => result.cpuMicros),
      })
    }
    context.say(`${cell.what}: done`)
  }
  return measured
}

function resultOf(options: {
  name: string
  how: string
  measured: readonly Measured[]
  skipped: readonly string[]
  isGoal: boolean
}): PartResult {
  const { name, how, measured, skipped, isGoal } = options
  const servers = [...new Set(measured.map(({ server }) => server))]
  const cells = [...new Set(measured.map(({ cell }) => cell))]
  const at = (server: string, cell: string): Measured | undefined =>
    measured.find((one) => one.server === server && one.cell === cell)
  const rows = (of: (one: Measured) => string): readonly Row[] =>
    servers.map((server) => ({
      server,
      ...Object.fromEntries(
        cells.map((cell) => {
          const one = at(server, cell)
          return [cell, one === undefined || one.requestsPerSecond.max === 0 ? '-' : of(one)]
        }),
      ),
    }))
  const tables: Table[] = [
    {
      name,
      title: `Hits a second: ${how}; median (min-max)`,
      rows: rows((one) => showSpread(one.requestsPerSecond)),
    },
    {
      name: `${name}-latency`,
      title: `Latency when saturated, p50 / p99, ms: ${how}; medians`,
      rows: rows((one) => `${short(one.p50Ms.median)} / ${short(one.p99Ms.median)}`),
    },
    {
      name: `${name}-cpu`,
      title: `Processor time of the server per hit, µs: ${how}; median (min-max)`,
      rows: rows((one) => showSpread(one.cpuMicros)),
    },
  ]
  const goals: Goal[] = []
  const own = at(OURS, '5 KB')?.requestsPerSecond.median ?? Number.NaN
  for (const other of isGoal ? ['Fastify, bare, without a log', 'nginx'] : []) {
    const others = at(other, '5 KB')?.requestsPerSecond.median
    if (others === undefined) continue
    goals.push({
      what: `hits a second, 5 KB, 50 connections, log as shipped, of ${other}`,
      goal: '>= 0.9',
      measured: short(own / others),
      isReached: own / others >= 0.9,
    })
  }
  return { tables, goals, skipped, figures: measured }
}
