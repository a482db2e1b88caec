/** What it costs a hit that replicas agree: one replica with Redis beside the embedded store. */

import { short, showSpread } from '../figures.js'
import { CONNECTIONS, measureOurs } from '../hits/ours.js'
import type { Part } from '../part.js'
import { launchRedis, withoutRedis } from './redis-server.js'

const KINDS = [
  { name: 'embedded', goal: undefined, coherence: undefined },
  { name: 'Redis, strict', goal: 0.4, coherence: 'strict' },
  { name: 'Redis, bounded', goal: 0.9, coherence: 'bounded' },
] as const

export const replicaHitsPart: Part = {
  about: 'hits of a replica with Redis, strict and bounded, beside the embedded store',
  seconds: 40,
  needsBuild: true,
  isLight: false,
  async run(context) {
    if (withoutRedis !== false) {
      return { tables: [], goals: [], skipped: [withoutRedis], figures: [] }
    }
    const redis = await launchRedis()
    try {
      const ways = KINDS.map(({ coherence }): Record<string, string> =>
        coherence === undefined
          ? {}
          : {
              INTERVALS_PROXY_REDIS_URL: redis.url,
              INTERVALS_PROXY_CACHE_COHERENCE: coherence,
              INTERVALS_PROXY_NEW_DISK: 'trust',
            },
      )
      const measured = await measureOurs(ways, context)
      const [embedded] = measured
      const shares = measured.map(
        ({ perSecond }) => perSecond.median / (embedded?.perSecond.median ?? Number.NaN),
      )
      return {
        tables: [
          {
            name: 'replica-hits',
            title: `Hits of one replica: 5 KB, ${CONNECTIONS} connections, with an access log; median (min-max)`,
            rows: measured.map(({ perSecond, cpuMicros }, index) => ({
              store: KINDS[index]?.name ?? '',
              'hits a second': showSpread(perSecond),
              'of embedded': short(shares[index] ?? Number.NaN),
              'processor time per hit, µs': showSpread(cpuMicros),
            })),
          },
        ],
        goals: KINDS.flatMap(({ name, goal }, index) => {
          const share = shares[index]
          if (goal === undefined || share === undefined) return []
          const what = `hits a second, ${name}, of embedded`
          return [{ what, goal: `>= ${goal}`, measured: short(share), isReached: share >= goal }]
        }),
        skipped: [],
        figures: measured,
      }
    } finally {
      await redis.close()
    }
  },
}
