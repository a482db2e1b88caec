/**
 * What a permit costs: processor time of a forwarded request where nothing has to wait, less that of the
 * same forwarder without a limiter. This proxy is measured whole, so its cache and all else are in it;
 * once more with its files in memory, where a durable commit costs no disk.
 */

import { existsSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import {
  CORES,
  cpuMs,
  freePort,
  removeDirectory,
  temporaryDirectory,
  untilAnswers,
} from '../children.js'
import type { Child } from '../children.js'
import { median, short, showSpread, spreadOf } from '../figures.js'
import { HEADERS } from '../hits/headers.js'
import { startOrigin } from '../hits/servers.js'
import { latenciesOf, walkMs } from '../load/client.js'
import { watchOthers } from '../machine.js'
import type { Part } from '../part.js'
import { buildForwarder, forwarder, ours, OURS } from './devices.js'
import type { Device } from './devices.js'

/** As many in a minute as no round here comes near. */
const MAX = 100_000
const WINDOW_MS = 60_000
const CONNECTIONS = 50
/** Far more than are asked for, so that none is asked for twice. */
const TARGETS = 10_000_019
const PATH = '/project/?limit=512&offset='
const MEMORY = '/dev/shm'

interface Running {
  readonly name: string
  readonly port: number
  readonly child: Child
  readonly cpuMicros: number[]
  readonly perSecond: number[]
  /** Medians of calls one after the other, ms. */
  readonly alone: number[]
}

const BASE = 'no limiter'

function devices(inMemory: string | undefined): readonly Device[] {
  return [
    forwarder(BASE, { kind: 'none' }),
    forwarder('Bottleneck, reservoir', {
      kind: 'bottleneck',
      options: {
        reservoir: MAX,
        reservoirRefreshAmount: MAX,
        reservoirRefreshInterval: WINDOW_MS,
      },
    }),
    forwarder('rate-limiter-flexible, queue', {
      kind: 'rate-limiter-flexible',
      points: MAX,
      seconds: WINDOW_MS / 1_000,
    }),
    forwarder('p-queue', { kind: 'p-queue', options: { intervalCap: MAX, interval: WINDOW_MS } }),
    forwarder('p-queue, strict', {
      kind: 'p-queue',
      options: { intervalCap: MAX, interval: WINDOW_MS, strict: true },
    }),
    ours(WINDOW_MS, { max: MAX }),
    ...(inMemory === undefined
      ? []
      : [ours(WINDOW_MS, { name: `${OURS}, its files in memory`, max: MAX, data: inMemory })]),
  ]
}

export const costPart: Part = {
  about: 'processor time and latency that a limiter adds to a request that need not wait',
  seconds: 60,
  needsBuild: true,
  isLight: false,
  async run({ isQuick, say }) {
    const others = watchOthers()
    const directory = temporaryDirectory()
    const memory = existsSync(MEMORY) ? mkdtempSync(join(MEMORY, 'intervals-proxy-')) : undefined
    const origin = await startOrigin()
    const running: Running[] = []
    try {
      const program = buildForwarder(directory)
      const upstream = `http://127.0.0.1:${origin.port}`
      for (const device of devices(memory)) {
        const port = await freePort()
        const place = { port, upstream, directory, program, core: CORES.server }
        const child = device.start(place)
        running.push({ name: device.name, port, child, cpuMicros: [], perSecond: [], alone: [] })
        await untilAnswers(`http://127.0.0.1:${port}/-/livez`, child)
      }
      const rounds = isQuick ? 1 : 5
      const count = isQuick ? 500 : 1_000
      say(
        `${rounds} rounds of ${count} requests on ${CONNECTIONS} connections, in alternating order`,
      )
      let from = 0
      // The first is unmeasured: what is compiled while it runs, and what a new disk holds back.
      for (let round = -1; round < rounds; round++) {
        for (const one of round % 2 === 0 ? running : running.toReversed()) {
          await measure(one, { count, from, isMeasured: round >= 0 })
          from += count + ALONE
        }
      }
      return resultOf(running, { others: others(), rounds })
    } finally {
      for (const { child } of running) await child.stop()
      await origin.stop()
      removeDirectory(directory)
      if (memory !== undefined) removeDirectory(memory)
    }
  },
}

const ALONE = 100

async function measure(
  { port, child, cpuMicros, perSecond, alone }: Running,
  { count, from, isMeasured }: { count: number; from: number; isMeasured: boolean },
): Promise<void> {
  const before = cpuMs([child.pid])
  const walk = { path: PATH, entries: TARGETS, stride: 1, from, count }
  const tookMs = await walkMs({ port, headers: HEADERS, connections: CONNECTIONS, walk })
  const spentMs = cpuMs([child.pid]) - before
  const targets = Array.from({ length: ALONE }, (_, at) => PATH + (from + count + at))
  const latencies = await latenciesOf({ port, headers: HEADERS, targets })
  if (!isMeasured) return
  cpuMicros.push((spentMs * 1_000) / count)
  perSecond.push((count * 1_000) / tookMs)
  alone.push(median(latencies))
}

function resultOf(
  running: readonly Running[],
  { others, rounds }: { others: string; rounds: number },
): Awaited<ReturnType<Part['run']>> {
  const base = running.find(({ name }) => name === BASE)
  const [baseMicros, baseMs] = [median(base?.cpuMicros ?? []), median(base?.alone ?? [])]
  const more = (value: number, name: string): string => (name === BASE ? '-' : short(value))
  return {
    tables: [
      {
        name: 'permit-cost',
        title: `A request that need not wait, forwarded: ${CONNECTIONS} connections, ${rounds} rounds; latency one after the other; median (min-max); other work took ${others}`,
        rows: running.map(({ name, cpuMicros, perSecond, alone }) => ({
          limiter: name,
          'processor time, µs': showSpread(spreadOf(cpuMicros)),
          'more than without': more(median(cpuMicros) - baseMicros, name),
          'requests a second': showSpread(spreadOf(perSecond)),
          'latency, ms': showSpread(spreadOf(alone)),
          'later than without': more(median(alone) - baseMs, name),
        })),
      },
    ],
    goals: [],
    skipped: running.some(({ name }) => name.endsWith('in memory'))
      ? []
      : [`${MEMORY} is not there: this proxy without a disk was not measured`],
    figures: running.map(({ name, cpuMicros, perSecond, alone }) => ({
      name,
      cpuMicros,
      perSecond,
      alone,
    })),
  }
}
