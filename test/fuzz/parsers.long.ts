// A million inputs for the parsers of what others send.

import t from 'tap'
import { fuzz } from './run.js'

t.setTimeout(0)
await fuzz(t, Number(process.env['FUZZ_RUNS'] ?? 1_000_000))
