/** The nine probes, to every cache that is installed. They count and compare, so they may share a core. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { removeDirectory, temporaryDirectory } from '../children.js'
import { missing, versionOf } from '../machine.js'
import type { Part } from '../part.js'
import type { Row } from '../table.js'
import { CACHES, OURS } from './caches.js'
import type { Cache } from './caches.js'
import { startOrigin } from './origin.js'
import { probe, PROBES, RIGHT } from './probes.js'

export const writesPart: Part = {
  about: 'right under writes: nine probes to each cache',
  seconds: 15,
  needsBuild: true,
  isLight: true,
  async run() {
    const directory = temporaryDirectory()
    const isThere = ({ needs }: Cache): boolean =>
      needs === undefined || versionOf(needs) !== undefined
    const caches = CACHES.filter(isThere)
    try {
      const found = new Map(
        await Promise.all(
          caches.map(async (cache) => [cache.name, await ask(cache, directory)] as const),
        ),
      )
      const rows: readonly Row[] = PROBES.map((what, at) => ({
        probe: what,
        ...Object.fromEntries(
          [...found].map(([name, answers]) => [
            name,
            name === OURS ? `**${answers[at] ?? '-'}**` : (answers[at] ?? '-'),
          ]),
        ),
      }))
      const own = found.get(OURS) ?? []
      const right = RIGHT.filter((pattern, at) => pattern.test(own[at] ?? '')).length
      return {
        tables: [{ name: 'writes', title: 'Right under writes', rows }],
        goals: [
          {
            what: 'probes under writes that are answered right',
            goal: String(RIGHT.length),
            measured: String(right),
            isReached: right === RIGHT.length,
          },
        ],
        skipped: CACHES.filter((cache) => !isThere(cache)).flatMap(({ needs }) =>
          needs === undefined ? [] : [missing(needs)],
        ),
        figures: Object.fromEntries(found),
      }
    } finally {
      removeDirectory(directory)
    }
  },
}

async function ask(cache: Cache, directory: string): Promise<readonly string[]> {
  const home = join(directory, cache.name.replaceAll(/\W+/g, '-'))
  mkdirSync(home, { recursive: true })
  const origin = await startOrigin()
  const running = await cache.start(origin, home)
  try {
    return await probe(running.port, origin)
  } catch (error) {
    throw new Error(`${cache.name} could not be asked`, { cause: error })
  } finally {
    await running.stop()
    await origin.close()
  }
}
