/** This proxy set up in several ways, asked for the same in turns by the same load. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { CORES, cpuMs, removeDirectory, temporaryDirectory } from '../children.js'
import type { Core } from '../children.js'
import { spreadOf } from '../figures.js'
import type { Spread } from '../figures.js'
import { createSaturation, loader } from '../load/saturate.js'
import type { PartContext } from '../part.js'
import { targetOf } from './answer.js'
import { HEADERS } from './headers.js'
import { ours, startOrigin } from './servers.js'
import type { Server } from './servers.js'

const BYTES = 5_120
export const CONNECTIONS = 50

export interface OursMeasured {
  readonly perSecond: Spread
  /** Processor time of all its processes, microseconds. */
  readonly cpuMicros: Spread
}

/** With these variables besides; `core` all: on the load's as well. */
export async function measureOurs(
  ways: readonly Readonly<Record<string, string>>[],
  { isQuick, say, core = CORES.server }: PartContext & { readonly core?: Core },
): Promise<readonly OursMeasured[]> {
  const directory = temporaryDirectory()
  const origin = await startOrigin()
  const servers: Server[] = []
  try {
    for (const [index, env] of ways.entries()) {
      const home = join(directory, String(index))
      mkdirSync(home)
      const place = {
        origin: `http://127.0.0.1:${origin.port}`,
        directory: home,
        isLogging: true,
        core,
      }
      servers.push(await ours(place, env))
    }
    const url = (server: Server): string => `http://127.0.0.1:${server.port}${targetOf(BYTES)}`
    for (const server of servers) await prove(url(server))

    const saturate = createSaturation(directory)
    const rounds = isQuick ? 1 : 7
    say(`load: ${loader()}, ${rounds} rounds of 1 s each, in alternating order`)
    const results = servers.map(() => ({ perSecond: [] as number[], cpuMicros: [] as number[] }))
    for (let round = -1; round < rounds; round++) {
      const order = [...servers.entries()]
      for (const [index, server] of round % 2 === 0 ? order : order.toReversed()) {
        const before = cpuMs(server.pids)
        const load = { url: url(server), headers: HEADERS, connections: CONNECTIONS, seconds: 1 }
        const { requests, requestsPerSecond } = await saturate(load)
        // The first round is unmeasured: what is compiled while it runs.
        if (round < 0) continue
        results[index]?.perSecond.push(requestsPerSecond)
        results[index]?.cpuMicros.push(((cpuMs(server.pids) - before) * 1_000) / requests)
      }
    }
    return results.map(({ perSecond, cpuMicros }) => ({
      perSecond: spreadOf(perSecond),
      cpuMicros: spreadOf(cpuMicros),
    }))
  } finally {
    for (const server of servers) await server.stop()
    await origin.stop()
    removeDirectory(directory)
  }
}

/** Stored, and answered from there; by each of several processes, too. */
async function prove(url: string): Promise<void> {
  for (const isStored of [false, true, true, true, true]) {
    const { statusCode, headers, body } = await request(url, { headers: HEADERS })
    const { length } = await body.text()
    const status = String(headers['cache-status'])
    if (statusCode !== 200 || length !== BYTES || (isStored && !/; hit/u.test(status))) {
      throw new Error(`${url}: ${statusCode} with ${length} bytes, ${status}`)
    }
  }
}
