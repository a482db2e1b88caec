/** How the limits are kept and used, by the simulator's own count of arrivals. */

import type { Part } from '../part.js'
import { burst, fairness, MAX, saturated, SATURATED } from './own.js'

export const limitsPart: Part = {
  about: 'bursts, saturation, fairness',
  seconds: 200,
  needsBuild: true,
  async run({ isQuick, say }) {
    const windowMs = isQuick ? 2_000 : 6_000
    say(`windows of ${windowMs / 1_000} s stand for 60 s`)
    const bursts = await burst(isQuick ? 1 : 5, windowMs)
    const saturations = []
    for (const consumers of isQuick ? [5] : [1, 5]) {
      const windows = isQuick ? 2 : 6
      saturations.push(await saturated({ windowMs, windows, consumers, latencyMs: [0, 300] }))
    }
    const fair = []
    for (const priority of isQuick ? ['interactive'] : ['background', 'interactive', 'write']) {
      fair.push(await fairness(priority, { seconds: isQuick ? 4 : 20, windowMs }))
    }
    const most = Math.max(
      ...[...saturations, ...fair].map((row) => Number(row['max in any window'])),
    )
    return {
      tables: [
        { name: 'burst', title: 'A burst from idle', rows: bursts },
        { name: 'saturated', title: SATURATED, rows: saturations },
        { name: 'fairness', title: `Fairness: one slot is ${windowMs / MAX} ms`, rows: fair },
      ],
      goals: [
        {
          what: 'most requests in any window',
          goal: `<= ${MAX}`,
          measured: String(most),
          isReached: most <= MAX,
        },
      ],
      skipped: [],
      figures: { bursts, saturations, fair },
    }
  },
}
