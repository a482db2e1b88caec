import t from 'tap'
import { createMemoryRecords } from '../../src/idempotency/memory-records.js'
import { recordsContract } from './contract/records.js'

recordsContract(t, { name: 'memory', open: (_t, bounds) => createMemoryRecords(bounds) })
