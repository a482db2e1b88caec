/**
 * Hits of several workers beside one process. Where the load needs one of the two cores itself, the rate
 * cannot double; what they could answer with a core each is told by the processor time of a hit.
 */

import { short, showSpread } from '../figures.js'
import type { Part } from '../part.js'
import { CONNECTIONS, measureOurs } from './ours.js'

const WORKERS = [1, 2] as const
const GOAL = 1.7

export const workersPart: Part = {
  about: 'hits of two workers beside one process',
  seconds: 30,
  needsBuild: true,
  isLight: false,
  async run(context) {
    const ways = WORKERS.map((count) => ({ INTERVALS_PROXY_WORKERS: String(count) }))
    const measured = await measureOurs(ways, { ...context, core: 'all' })
    const [one, two] = measured
    const rate = (two?.perSecond.median ?? Number.NaN) / (one?.perSecond.median ?? Number.NaN)
    const capacity = (2 * (one?.cpuMicros.median ?? Number.NaN)) / (two?.cpuMicros.median ?? 0)
    return {
      tables: [
        {
          name: 'workers-hits',
          title: `Hits by workers: 5 KB, ${CONNECTIONS} connections, with an access log, the load on the same cores; median (min-max)`,
          rows: measured.map(({ perSecond, cpuMicros }, index) => ({
            workers: WORKERS[index] ?? 0,
            'hits a second': showSpread(perSecond),
            'of one': short(perSecond.median / (one?.perSecond.median ?? Number.NaN)),
            'processor time per hit, µs': showSpread(cpuMicros),
          })),
        },
      ],
      goals: [
        {
          what: 'hits a second, two workers, of one process, the load on the same two cores',
          goal: `>= ${GOAL}`,
          measured: short(rate),
          isReached: rate >= GOAL,
        },
        {
          what: 'the same by processor time per hit: what two free cores could answer',
          goal: `>= ${GOAL}`,
          measured: short(capacity),
          isReached: capacity >= GOAL,
        },
      ],
      skipped: [],
      figures: measured,
    }
  },
}
