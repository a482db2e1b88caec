/** `npm run bench`: tables and JSON; `-- --quick` in under a minute; `npm run soak` at the real 60 s. */

import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { benchLimits } from './limits.js'

const isQuick = process.argv.includes('--quick')
const isSoak = process.argv.includes('--soak')
const mode = isQuick ? 'quick' : isSoak ? 'soak' : 'full'

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`)
const limits = await benchLimits(mode)
const json = process.argv
  .find((argument) => argument.startsWith('--json='))
  ?.slice('--json='.length)
if (json !== undefined) writeFileSync(json, JSON.stringify({ mode, limits }, null, 2))
process.exit(0)
