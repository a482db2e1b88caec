/** Runs many schedules, and reports each contradiction with a short schedule that shows it. */
import type { Test } from 'tap'
import { runSchedule, type Contradiction, type Tally } from './run-schedule.js'
import { scheduleOf, worldOf, type Step, type World } from './schedule.js'
import { shrink } from './shrink.js'

/** See `cache.writeSettle`. */
const settleMs = 2_000
const stepsPerSchedule = 45

export async function checkWorlds(
  t: Test,
  { firstSeed, count }: { readonly firstSeed: number; readonly count: number },
): Promise<Tally> {
  const total: Tally = { reads: 0, hits: 0, bound: 0, writes: 0, errors: 0 }
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const world = worldOf(seed)
    const steps = scheduleOf(world, stepsPerSchedule)
    const { contradictions, tally } = await runSchedule(world, steps, { settleMs })
    for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += tally[name]
    const [first] = contradictions
    if (first !== undefined) t.fail(await shortReport(world, steps, first))
  }
  t.comment(JSON.stringify(total))
  return total
}

async function shortReport(
  world: World,
  steps: readonly Step[],
  first: Contradiction,
): Promise<string> {
  const fails = async (shorter: readonly Step[]): Promise<boolean> => {
    const { contradictions } = await runSchedule(world, shorter, { settleMs })
    return contradictions.some(({ what }) => what === first.what)
  }
  const shortest = await shrink(steps.slice(0, first.at + 1), fails)
  return [
    `seed ${world.seed}: ${first.what}: ${first.detail}`,
    JSON.stringify(world),
    ...shortest.map((step) => JSON.stringify(step)),
  ].join('\n')
}
