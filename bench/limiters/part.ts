/** How limiters that are libraries keep and use the limit, beside this proxy: the same arrivals for all. */

import { setTimeout as wait } from 'node:timers/promises'
import { removeDirectory, temporaryDirectory } from '../children.js'
import { watchOthers } from '../machine.js'
import type { Part, PartContext } from '../part.js'
import { burstRound } from './burst.js'
import { buildForwarder, devicesFor } from './devices.js'
import type { Device } from './devices.js'
import { fairnessRound } from './fairness.js'
import { openPair } from './pair.js'
import type { Pair } from './pair.js'
import { reportOf } from './report.js'
import type { Found } from './report.js'
import { REST_MS, saturatedRound } from './saturated.js'
import type { SaturatedRound } from './saturated.js'

interface Plan {
  readonly windowMs: number
  readonly windows: number
  readonly rounds: number
  /** Of single calls beside a hog. 0: neither these nor bursts, which take most of the time. */
  readonly fairSeconds: number
}

const FULL: Plan = { windowMs: 6_000, windows: 2, rounds: 5, fairSeconds: 12 }
const QUICK: Plan = { windowMs: 2_000, windows: 1, rounds: 1, fairSeconds: 0 }

export const limitersPart: Part = {
  about: 'limits kept and used, bursts, fairness and restarts, beside limiters that are libraries',
  seconds: 300,
  needsBuild: true,
  isLight: true,
  async run(context) {
    const plan = context.isQuick ? QUICK : FULL
    const directory = temporaryDirectory()
    const others = watchOthers()
    const program = buildForwarder(directory)
    const pairs: Pair[] = []
    try {
      const { windowMs } = plan
      const open = async (devices: readonly Device[]): Promise<readonly Pair[]> => {
        const opened = await Promise.all(
          devices.map((device) => openPair({ device, directory, program, windowMs })),
        )
        pairs.push(...opened)
        return opened
      }
      const found = await measure(devicesFor(windowMs, context), open, { plan, say: context.say })
      return reportOf(found, { ...plan, others: others() })
    } finally {
      await Promise.all(pairs.map((pair) => pair.close()))
      removeDirectory(directory)
    }
  },
}

async function measure(
  devices: readonly Device[],
  open: (devices: readonly Device[]) => Promise<readonly Pair[]>,
  { plan, say }: { plan: Plan; say: PartContext['say'] },
): Promise<readonly Found[]> {
  const pairs = await open(devices)
  const saturations = await inTurns(pairs, plan, (pair) => saturationsOf(pair, plan))
  say('saturated and restarted')
  const kept = saturations.map((rounds, at) => ({ device: devices[at] as Device, ...rounds }))
  if (plan.fairSeconds === 0) return kept.map((one) => ({ ...one, bursts: [] }))
  await startIdle(pairs, plan)
  const bursts = await inTurns(pairs, plan, (pair) => burstsOf(pair, plan))
  say('bursts')
  for (const pair of pairs) await pair.kill()
  // A hog has a thousand sockets: with all variants there would be more than a process may have.
  const alike = pairs.filter(({ device }) => !device.isVariant)
  const behind = await open(alike.map(({ device }) => device))
  await startIdle([...alike, ...behind], plan)
  const fair = await inTurns([...alike, ...behind], plan, async (pair) => {
    const priority = behind.includes(pair) ? 'background' : 'interactive'
    return fairnessRound(pair, { windowMs: plan.windowMs, seconds: plan.fairSeconds, priority })
  })
  say('fairness')
  return kept.map((one, at) => {
    const index = alike.findIndex(({ device }) => device === one.device)
    const found = { ...one, bursts: bursts[at] ?? [] }
    if (index === -1) return found
    return { ...found, alike: fair[index], behind: fair[index + alike.length] }
  })
}

/** At the same time, yet each a little later than the one before, so that their bursts do not meet. */
function inTurns<T>(
  pairs: readonly Pair[],
  { windowMs }: Plan,
  one: (pair: Pair, at: number) => Promise<T>,
): Promise<readonly T[]> {
  return Promise.all(
    pairs.map(async (pair, at) => {
      await wait((at * windowMs) / pairs.length)
      return one(pair, at)
    }),
  )
}

/** In turns with all of the latency after the count, and with half of it before. */
async function saturationsOf(
  pair: Pair,
  { windowMs, windows, rounds }: Plan,
): Promise<{ readonly direct: readonly SaturatedRound[]; distant: readonly SaturatedRound[] }> {
  const found = { direct: [] as SaturatedRound[], distant: [] as SaturatedRound[] }
  for (let round = 0; round < rounds; round++) {
    const isDistant = round % 2 === 0
    pair.takes(isDistant ? 'half there' : 'all back')
    const phase = (round + 0.5) / rounds
    const one = await saturatedRound(pair, { windowMs, windows, phase })
    found[isDistant ? 'distant' : 'direct'].push(one)
  }
  pair.takes('all back')
  return found
}

/** As many rounds as there is time for: what spreads a burst over a window takes two for each. */
async function burstsOf(pair: Pair, { windowMs, rounds }: Plan): Promise<readonly number[][]> {
  const found: number[][] = []
  const untilMs = performance.now() + rounds * (windowMs + REST_MS)
  while (found.length < rounds && performance.now() < untilMs) {
    found.push([...(await burstRound(pair, windowMs))])
    await wait(windowMs + REST_MS / 2)
  }
  return found
}

async function startIdle(pairs: readonly Pair[], { windowMs }: Plan): Promise<void> {
  await Promise.all(
    pairs.map(async (pair) => {
      await pair.start()
      await pair.call({ consumer: 'first' }).status
    }),
  )
  await wait(windowMs + REST_MS)
}
