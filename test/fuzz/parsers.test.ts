// Every parser of what others send, with some inputs each; parsers.long.ts has a million.

import t from 'tap'
import { fuzz } from './run.js'

await fuzz(t, Number(process.env['FUZZ_RUNS'] ?? 10_000))
