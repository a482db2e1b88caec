/**
 * `npm run bench`: tables and JSON; `-- --quick` in under a minute; `npm run soak` at the real 60 s;
 * `npm run soak -- --faults --minutes 10` with everything that can fail, failing at random;
 * `npm run soak -- --redis --minutes 5` the same with three replicas on one Redis.
 */

import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { benchLimits } from './limits.js'

const isQuick = process.argv.includes('--quick')
const isSoak = process.argv.includes('--soak')
const mode = isQuick ? 'quick' : isSoak ? 'soak' : 'full'

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`)
if (process.argv.includes('--faults')) {
  const { soakFaults } = await import('./faults/soak.js')
  const isFine = await soakFaults({
    minutes: numberAfter('--minutes', 10),
    seed: numberAfter('--seed', 1),
  })
  process.exit(isFine ? 0 : 1)
}
if (process.argv.includes('--redis')) {
  const { soakRedis } = await import('./redis/soak.js')
  const isFine = await soakRedis({
    minutes: numberAfter('--minutes', 5),
    seed: numberAfter('--seed', 1),
  })
  process.exit(isFine ? 0 : 1)
}
const limits = await benchLimits(mode)
const json = process.argv
  .find((argument) => argument.startsWith('--json='))
  ?.slice('--json='.length)
if (json !== undefined) writeFileSync(json, JSON.stringify({ mode, limits }, null, 2))
process.exit(0)

function numberAfter(flag: string, otherwise: number): number {
  const at = process.argv.indexOf(flag)
  const value = at === -1 ? otherwise : Number(process.argv[at + 1])
  if (!(value > 0)) throw new TypeError(`${flag} needs a number above 0`)
  return value
}
