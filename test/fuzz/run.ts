import type { Test } from 'tap'
import type { FuzzTarget } from './target.js'
import { CACHE_TARGETS } from './targets/cache.js'
import { CONFIG_TARGETS } from './targets/config.js'
import { FILE_TARGETS } from './targets/files.js'
import { HTTP_PROFILE_TARGETS } from './targets/http-profile.js'
import { LIMITS_TARGETS } from './targets/limits.js'
import { SERVER_TARGETS } from './targets/server.js'

export const TARGETS: readonly FuzzTarget[] = [
  ...CACHE_TARGETS,
  ...HTTP_PROFILE_TARGETS,
  ...LIMITS_TARGETS,
  ...SERVER_TARGETS,
  ...CONFIG_TARGETS,
  ...FILE_TARGETS,
]

const shareOf = ({ cost = 1 }: FuzzTarget): number => 1 / cost

/**
 * So many inputs for all parsers together: as many for each, fewer for those that are dear. A failure
 * names seed and path; FUZZ_SEED tries it again.
 */
export async function fuzz(t: Test, totalRuns: number): Promise<void> {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
  const shares = TARGETS.reduce((sum, one) => sum + shareOf(one), 0)
  let inputs = 0
  for (const one of TARGETS) {
    const runs = Math.max(2, Math.ceil((totalRuns * shareOf(one)) / shares))
    await t.test(`${one.name}: ${runs} inputs`, async (t) => {
      await one.run(runs, seed)
      inputs += runs
      t.pass()
    })
  }
  t.comment(`${inputs} inputs for ${TARGETS.length} parsers (seed ${seed}), nothing thrown`)
}
