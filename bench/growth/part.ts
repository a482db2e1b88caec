/** The same program with few and with many entries: what of it grows. */

import { removeDirectory, temporaryDirectory } from '../children.js'
import { median, short, showSpread, spreadOf } from '../figures.js'
import { startOrigin } from '../hits/servers.js'
import type { Goal, Part, PartContext, PartResult } from '../part.js'
import { BODY_BYTES, startFilled } from './filled.js'
import type { Filled } from './filled.js'

const SIZES = { quick: [100, 2_000], full: [100, 10_000, 100_000, 1_000_000] } as const
/** Of the goal for the start; memory is judged from here on too. */
const START_ENTRIES = 100_000
const MOST_MEMORY = { perBodyByte: 1.3, perEntryBytes: 1_024 } as const

/** One value per round. */
interface Rounds {
  readonly perSecond: number[]
  readonly hitCpuMicros: number[]
  readonly readyMs: number[]
  readonly firstHitMs: number[]
  readonly writeMs: number[]
  readonly writeCpuMicros: number[]
}

interface Grown extends Rounds {
  readonly entries: number
  readonly ownBytes: number
  readonly diskBytes: number
}

export const growthPart: Part = {
  about: 'hits, writes, memory and start-up with few and with many entries',
  seconds: 420,
  needsBuild: true,
  isLight: true,
  async run(context) {
    const directory = temporaryDirectory()
    const origin = await startOrigin()
    const all: Filled[] = []
    try {
      const fill = async (entries: number): Promise<void> => {
        const startedMs = performance.now()
        all.push(
          await startFilled({ entries, origin: `http://127.0.0.1:${origin.port}`, directory }),
        )
        const seconds = short((performance.now() - startedMs) / 1_000)
        context.say(`${entries} entries: on disk and in memory after ${seconds} s`)
      }
      if (context.isQuick) await Promise.all(SIZES.quick.map(fill))
      else for (const entries of SIZES.full) await fill(entries)
      all.sort((a, b) => a.entries - b.entries)
      return resultOf(await measure(all, context))
    } finally {
      for (const one of all) await one.stop()
      await origin.stop()
      removeDirectory(directory)
    }
  },
}

/** All of them run all the time, and take turns. Writes come last: they outdate what is cached. */
async function measure(
  all: readonly Filled[],
  { isQuick }: PartContext,
): Promise<readonly Grown[]> {
  const rounds = isQuick ? 1 : 5
  const grown = all.map((filled) => ({ filled, found: emptyRounds() }))
  const inTurns = async (
    rounds: number,
    one: (filled: Filled, found: Rounds) => Promise<void>,
  ): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      for (const { filled, found } of round % 2 === 0 ? grown : grown.toReversed()) {
        await one(filled, found)
      }
    }
  }
  const [hits, writes] = isQuick ? [2_000, 20] : [20_000, 100]
  await inTurns(1, async (filled) => void (await filled.hits(hits)))
  await inTurns(rounds, async (filled, found) => {
    const { perSecond, cpuMicros } = await filled.hits(hits)
    found.perSecond.push(perSecond)
    found.hitCpuMicros.push(cpuMicros)
  })
  await inTurns(isQuick ? 1 : 3, async (filled, found) => {
    const { readyMs, firstHitMs } = await filled.restart()
    found.readyMs.push(readyMs)
    found.firstHitMs.push(firstHitMs)
  })
  await inTurns(1, async (filled) => void (await filled.writes(writes / 2)))
  await inTurns(rounds, async (filled, found) => {
    const { medianMs, cpuMicros } = await filled.writes(writes)
    found.writeMs.push(medianMs)
    found.writeCpuMicros.push(cpuMicros)
  })
  return grown.map(({ filled, found }) => ({
    entries: filled.entries,
    ownBytes: filled.ownBytes,
    diskBytes: filled.diskBytes(),
    ...found,
  }))
}

const emptyRounds = (): Rounds => ({
  perSecond: [],
  hitCpuMicros: [],
  readyMs: [],
  firstHitMs: [],
  writeMs: [],
  writeCpuMicros: [],
})

function resultOf(grown: readonly Grown[]): PartResult {
  const spread = (values: readonly number[]): string => showSpread(spreadOf(values))
  const rows = grown.map((one) => ({
    entries: one.entries.toLocaleString('en-US'),
    'hits a second': spread(one.perSecond),
    'µs a hit': spread(one.hitCpuMicros),
    'a write, ms': spread(one.writeMs),
    'µs a write': spread(one.writeCpuMicros),
    'memory, MB': short(one.ownBytes / 1e6),
    'file, MB': short(one.diskBytes / 1e6),
    'ready after ms': spread(one.readyMs),
    'first hit, ms': spread(one.firstHitMs),
  }))
  const title = `With few and with many entries: bodies of ${BODY_BYTES} bytes, hits of all entries in turn on 50 connections, writes one after the other; µs are of the processor; medians (min-max)`
  return {
    tables: [{ name: 'growth', title, rows }],
    goals: goalsOf(grown),
    skipped: [],
    figures: grown,
  }
}

function goalsOf(grown: readonly Grown[]): readonly Goal[] {
  const [few, many] = [grown[0], grown.at(-1)]
  if (few === undefined || many === undefined) return []
  const of = `with ${many.entries.toLocaleString('en-US')} entries`
  const hits = median(many.perSecond) / median(few.perSecond)
  const write = median(many.writeMs) / median(few.writeMs)
  const most = many.entries * (BODY_BYTES * MOST_MEMORY.perBodyByte + MOST_MEMORY.perEntryBytes)
  // A program with next to nothing in its cache has its own memory too: that is not the cache's.
  const bytes = many.ownBytes - few.ownBytes
  const start = grown.find(({ entries }) => entries === START_ENTRIES)
  return [
    {
      what: `hits a second ${of}, of those with ${few.entries}`,
      goal: '>= 0.9',
      measured: short(hits),
      isReached: hits >= 0.9,
    },
    {
      what: `latency of a write ${of}, of that with ${few.entries}`,
      goal: '<= 1.2',
      measured: short(write),
      isReached: write <= 1.2,
    },
    // Of fewer, what the program has not collected yet weighs more than they do.
    ...(many.entries < START_ENTRIES
      ? []
      : [
          {
            what: `memory ${of}, beyond that with ${few.entries}`,
            goal: `<= ${short(most / 1e6)} MB`,
            measured: `${short(bytes / 1e6)} MB`,
            isReached: bytes <= most,
          },
        ]),
    ...(start === undefined
      ? []
      : [
          {
            what: 'ready with 100,000 entries on disk',
            goal: '<= 1 s',
            measured: `${short(median(start.readyMs) / 1_000)} s, first hit after ${short(median(start.firstHitMs))} ms`,
            isReached: median(start.readyMs) <= 1_000,
          },
        ]),
  ]
}
