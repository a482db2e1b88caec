/**
 * Random schedules of reads, writes, web edits, faults and restarts, sent to the real proxy in front
 * of an Intervals in random dialects. No answer may contradict an acknowledged write or belong to
 * another token, and none may be an error of the proxy while Intervals works.
 *
 * DIFFERENTIAL_SEED=17 runs one schedule again. DIFFERENTIAL_RUNS=1000 runs that many, from
 * DIFFERENTIAL_FIRST on; a schedule takes up to a second.
 */
import t from 'tap'
import { checkWorlds } from './check-worlds.js'

const seed = process.env['DIFFERENTIAL_SEED']
const count = seed === undefined ? Number(process.env['DIFFERENTIAL_RUNS'] ?? 60) : 1
const firstSeed = Number(seed ?? process.env['DIFFERENTIAL_FIRST'] ?? 1)

t.test(`${count} schedules from seed ${firstSeed} on`, async (t) => {
  const { reads, hits, bound, writes } = await checkWorlds(t, { firstSeed, count })
  if (count < 25) return
  t.ok(hits > reads / 10, `hits: ${hits} of ${reads} reads`)
  t.ok(bound > reads / 4, `answers after a write that changed them: ${bound}`)
  t.ok(writes > count, `writes: ${writes}`)
})
