/** How the limits are kept and used, by the simulator's own count of arrivals. */

import type { Part } from '../part.js'
import type { Row } from '../table.js'
import { burst, fairness, MAX, saturated, SATURATED } from './own.js'

export const limitsPart: Part = {
  about: 'bursts, saturation, fairness',
  seconds: 200,
  needsBuild: true,
  isLight: true,
  async run({ isQuick, say }) {
    const windowMs = isQuick ? 2_000 : 6_000
    say(`windows of ${windowMs / 1_000} s stand for 60 s`)
    const burstRows = (): Promise<readonly Row[]> => burst(isQuick ? 1 : 5, windowMs)
    const saturatedRows = async (): Promise<readonly Row[]> => {
      const rows: Row[] = []
      for (const consumers of isQuick ? [5] : [1, 5]) {
        const windows = isQuick ? 2 : 6
        rows.push(await saturated({ windowMs, windows, consumers, latencyMs: [0, 300] }))
      }
      return rows
    }
    const fairRows = async (): Promise<readonly Row[]> => {
      const rows: Row[] = []
      for (const priority of isQuick ? ['interactive'] : ['background', 'interactive', 'write']) {
        rows.push(await fairness(priority, { seconds: isQuick ? 4 : 20, windowMs }))
      }
      return rows
    }
    const [bursts, saturations, fair] = isQuick
      ? await Promise.all([burstRows(), saturatedRows(), fairRows()])
      : [await burstRows(), await saturatedRows(), await fairRows()]
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
