/** Finds a short schedule that still shows a contradiction, by leaving steps out. */
import type { Step } from './schedule.js'

/** Tries at most `maxRuns` schedules. */
export async function shrink(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => Promise<boolean>,
  maxRuns = 150,
): Promise<readonly Step[]> {
  let shortest = steps
  let runs = 0
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < shortest.length && runs < maxRuns;) {
      const shorter = [...shortest.slice(0, from), ...shortest.slice(from + size)]
      runs += 1
      if (await fails(shorter)) shortest = shorter
      else from += size
    }
  }
  return shortest
}
