/** What it costs a hit that replicas agree: one replica with Redis beside the embedded store. */

import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { request } from 'undici'
import { cpuMs, removeDirectory, temporaryDirectory } from '../children.js'
import { short, showSpread, spreadOf } from '../figures.js'
import { targetOf } from '../hits/answer.js'
import { HEADERS } from '../hits/headers.js'
import { ours, startOrigin } from '../hits/servers.js'
import type { Server } from '../hits/servers.js'
import { createSaturation, loader } from '../load/saturate.js'
import type { Part } from '../part.js'
import { launchRedis, withoutRedis } from './redis-server.js'

const BYTES = 5_120
const CONNECTIONS = 50

const KINDS = [
  { name: 'embedded', goal: undefined, coherence: undefined },
  { name: 'Redis, strict', goal: 0.4, coherence: 'strict' },
  { name: 'Redis, bounded', goal: 0.9, coherence: 'bounded' },
] as const

export const replicaHitsPart: Part = {
  about: 'hits of a replica with Redis, strict and bounded, beside the embedded store',
  seconds: 40,
  async run({ isQuick, say }) {
    if (withoutRedis !== false) {
      return { tables: [], goals: [], skipped: [withoutRedis], figures: [] }
    }
    const directory = temporaryDirectory()
    const redis = await launchRedis()
    const origin = await startOrigin()
    const servers: Server[] = []
    try {
      for (const { name, coherence } of KINDS) {
        const home = join(directory, name)
        mkdirSync(home)
        const shared = {
          INTERVALS_PROXY_REDIS_URL: redis.url,
          INTERVALS_PROXY_CACHE_COHERENCE: coherence ?? '',
          INTERVALS_PROXY_NEW_DISK: 'trust',
        }
        const options = {
          origin: `http://127.0.0.1:${origin.port}`,
          directory: home,
          isLogging: true,
        }
        servers.push(await ours(options, coherence === undefined ? {} : shared))
      }
      const url = (server: Server): string => `http://127.0.0.1:${server.port}${targetOf(BYTES)}`
      for (const server of servers) await prove(url(server))

      const saturate = createSaturation(directory)
      const rounds = isQuick ? 1 : 7
      say(`load: ${loader()}, ${rounds} rounds of 1 s each, in alternating order`)
      const results = KINDS.map(() => ({ perSecond: [] as number[], cpuMicros: [] as number[] }))
      for (let round = -1; round < rounds; round++) {
        const order = [...servers.keys()]
        for (const index of round % 2 === 0 ? order : order.toReversed()) {
          const server = servers[index]
          if (server === undefined) continue
          const before = cpuMs(server.pids)
          const load = { url: url(server), headers: HEADERS, connections: CONNECTIONS, seconds: 1 }
          const { requests, requestsPerSecond } = await saturate(load)
          // The first round is unmeasured: what is compiled while it runs.
          if (round < 0) continue
          results[index]?.perSecond.push(requestsPerSecond)
          results[index]?.cpuMicros.push(((cpuMs(server.pids) - before) * 1_000) / requests)
        }
      }
      const spreads = results.map(({ perSecond, cpuMicros }) => ({
        perSecond: spreadOf(perSecond),
        cpuMicros: spreadOf(cpuMicros),
      }))
      const embedded = spreads[0]?.perSecond.median ?? Number.NaN
      const shareOf = (index: number): number =>
        (spreads[index]?.perSecond.median ?? Number.NaN) / embedded
      return {
        tables: [
          {
            name: 'replica-hits',
            title: `Hits of one replica: 5 KB, ${CONNECTIONS} connections, with an access log; median (min-max)`,
            rows: spreads.map(({ perSecond, cpuMicros }, index) => ({
              store: KINDS[index]?.name ?? '',
              'hits a second': showSpread(perSecond),
              'of embedded': short(shareOf(index)),
              'processor time per hit, µs': showSpread(cpuMicros),
            })),
          },
        ],
        goals: KINDS.flatMap(({ name, goal }, index) =>
          goal === undefined
            ? []
            : [
                {
                  what: `hits a second, ${name}, of embedded`,
                  goal: `>= ${goal}`,
                  measured: short(shareOf(index)),
                  isReached: shareOf(index) >= goal,
                },
              ],
        ),
        skipped: [],
        figures: spreads,
      }
    } finally {
      for (const server of servers) await server.stop()
      await origin.stop()
      await redis.close()
      removeDirectory(directory)
    }
  },
}

/** Stored, and answered from there. */
async function prove(url: string): Promise<void> {
  for (const isStored of [false, true]) {
    const { statusCode, headers, body } = await request(url, { headers: HEADERS })
    const { length } = await body.text()
    const status = String(headers['cache-status'])
    if (statusCode !== 200 || length !== BYTES || (isStored && !/; hit/u.test(status))) {
      throw new Error(`${url}: ${statusCode} with ${length} bytes, ${status}`)
    }
  }
}
