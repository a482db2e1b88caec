/** Latency where a server is not saturated, and what a miss costs on top of the origin. */

import { removeDirectory, temporaryDirectory } from '../children.js'
import { median, quantile, short, showSpread, spreadOf } from '../figures.js'
import { latenciesOf } from '../load/client.js'
import { createSaturation } from '../load/saturate.js'
import type { Goal, Part, PartContext, PartResult } from '../part.js'
import type { Row } from '../table.js'
import { targetOf } from './answer.js'
import { HEADERS } from './headers.js'
import { withServers } from './hits.js'
import { CANDIDATES, installed, OURS, startOrigin } from './servers.js'
import type { Server } from './servers.js'

const BYTES = 5_120
const CONNECTIONS = 50
/** Ours, the least that one process more costs, and what Fastify and undici alone do. */
const MISSED = new Set([OURS, 'nginx', 'undici cache behind Fastify'])

export const latencyPart: Part = {
  about: 'p99 of hits at half of the saturating load; what a miss adds to the origin',
  seconds: 130,
  needsBuild: true,
  isLight: false,
  async run(context) {
    const halved = await atHalfLoad(context)
    const missed = await misses(context)
    return {
      tables: [...halved.tables, ...missed.tables],
      goals: [...halved.goals, ...missed.goals],
      skipped: halved.skipped,
      figures: { atHalfLoad: halved.figures, misses: missed.figures },
    }
  },
}

/** Half of what this proxy can take, the same rate for all: nobody is measured with less to do. */
async function atHalfLoad(context: PartContext): Promise<PartResult> {
  const how = { isLogging: true, isQuick: context.isQuick }
  const { measured, skipped } = await withServers(how, async (runners, directory) => {
    const own = runners.find(({ name }) => name === OURS)
    if (own === undefined) throw new Error('no proxy')
    const saturate = createSaturation(directory)
    const rates: number[] = []
    for (let round = 0; round < (context.isQuick ? 2 : 4); round++) {
      const { requestsPerSecond } = await saturate({
        url: `http://127.0.0.1:${own.server.port}${targetOf(BYTES)}`,
        headers: HEADERS,
        connections: CONNECTIONS,
        seconds: 1,
      })
      if (round > 0) rates.push(requestsPerSecond)
    }
    const ratePerSecond = Math.round(median(rates) / 2)
    context.say(`half of the saturating load: ${ratePerSecond} requests a second`)
    const rounds = context.isQuick ? 1 : 5
    const found = new Map<string, { p50: number[]; p99: number[] }>()
    for (let round = 0; round < rounds + 1; round++) {
      for (const { name, server } of round % 2 === 0 ? runners : runners.toReversed()) {
        const latencies = await latenciesOf({
          port: server.port,
          headers: HEADERS,
          target: targetOf(BYTES),
          connections: CONNECTIONS,
          ratePerSecond,
          seconds: context.isQuick ? 0.5 : 2,
        })
        if (round === 0) continue
        const all = found.get(name) ?? { p50: [], p99: [] }
        all.p50.push(quantile(latencies, 0.5))
        all.p99.push(quantile(latencies, 0.99))
        found.set(name, all)
      }
    }
    return { ratePerSecond, found }
  })
  const { ratePerSecond, found } = measured
  const p99 = (name: string): number => median(found.get(name)?.p99 ?? [])
  const ratio = p99(OURS) / p99('nginx')
  const goals: Goal[] = found.has('nginx')
    ? [
        {
          what: 'p99 of a hit at half of the saturating load, of nginx',
          goal: '<= 1.5',
          measured: `${short(ratio)} (${short(p99(OURS))} ms and ${short(p99('nginx'))} ms)`,
          isReached: ratio <= 1.5,
        },
      ]
    : []
  const rows: readonly Row[] = [...found].map(([server, { p50, p99 }]) => ({
    server,
    'p50 ms': showSpread(spreadOf(p50)),
    'p99 ms': showSpread(spreadOf(p99)),
  }))
  const title = `Latency of hits at ${ratePerSecond} a second, half of what this proxy can take: 5 KB, ${CONNECTIONS} connections, with an access log; from the time at which a request was due`
  const figures = { ratePerSecond, found: Object.fromEntries(found) }
  return { tables: [{ name: 'half-load', title, rows }], goals, skipped, figures }
}

/** One request after the other, each for something new, to the origin and through this proxy. */
async function misses(context: PartContext): Promise<PartResult> {
  const directory = temporaryDirectory()
  const origin = await startOrigin()
  const servers: Server[] = []
  try {
    const options = { origin: `http://127.0.0.1:${origin.port}`, directory, isLogging: true }
    const names = ['origin']
    const { present } = installed(CANDIDATES)
    for (const candidate of present) {
      if (!MISSED.has(candidate.name)) continue
      servers.push(await candidate.start(options))
      names.push(candidate.name)
    }
    const all = [origin, ...servers]
    const rounds = context.isQuick ? 1 : 7
    const count = context.isQuick ? 200 : 500
    const medians = new Map<string, number[]>()
    let next = 1
    for (let round = 0; round < rounds + 1; round++) {
      const order = all.map((server, at) => ({ server, name: names[at] ?? '' }))
      for (const { server, name } of round % 2 === 0 ? order : order.toReversed()) {
        const targets = Array.from({ length: count }, () => targetOf(BYTES, next++))
        const latencies = await latenciesOf({ port: server.port, headers: HEADERS, targets })
        if (round > 0) medians.set(name, [...(medians.get(name) ?? []), median(latencies)])
      }
    }
    const direct = median(medians.get('origin') ?? [])
    const added = (name: string): number => median(medians.get(name) ?? []) - direct
    const fsync = await fsyncMs(directory)
    const rows: readonly Row[] = [...medians].map(([server, values]) => ({
      server,
      'median ms': showSpread(spreadOf(values)),
      'added ms': server === 'origin' ? '-' : short(added(server)),
    }))
    return {
      tables: [
        {
          name: 'misses',
          title: `A miss, 5 KB, one after the other (fdatasync of one block here: ${short(fsync)} ms)`,
          rows,
        },
      ],
      goals: [
        {
          what: 'added latency of a miss, median',
          goal: '<= 1 ms',
          measured: `${short(added(OURS))} ms`,
          isReached: added(OURS) <= 1,
        },
      ],
      skipped: [],
      figures: { medians: Object.fromEntries(medians), fdatasyncMs: fsync },
    }
  } finally {
    for (const server of servers) await server.stop()
    await origin.stop()
    removeDirectory(directory)
  }
}

/** A permit is on disk before its request leaves, so a miss can be no faster than this. */
async function fsyncMs(directory: string): Promise<number> {
  const { open } = await import('node:fs/promises')
  const file = await open(`${directory}/fdatasync`, 'w')
  const took: number[] = []
  for (let round = 0; round < 50; round++) {
    const startedMs = performance.now()
    await file.write(Buffer.alloc(4_096), 0, 4_096, 0)
    await file.datasync()
    took.push(performance.now() - startedMs)
  }
  await file.close()
  return median(took)
}
