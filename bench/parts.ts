/** All parts, in the order in which they run. */

import { dayPart } from './day/part.js'
import { pacePart } from './day/pace.js'
import { growthPart } from './growth/part.js'
import { hitsPart } from './hits/hits.js'
import { latencyPart } from './hits/latency.js'
import { replicaHitsPart } from './redis/hits.js'
import { workersPart } from './hits/workers.js'
import { costPart } from './limiters/cost.js'
import { limitersPart } from './limiters/part.js'
import { limitsPart } from './limits/part.js'
import type { Part } from './part.js'
import { writesPart } from './writes/part.js'

export const PARTS = {
  'hits-50': hitsPart({ connections: 50, isLogging: true }),
  'hits-1': hitsPart({ connections: 1, isLogging: true }),
  'hits-50-nolog': hitsPart({ connections: 50, isLogging: false }),
  'hits-1-nolog': hitsPart({ connections: 1, isLogging: false }),
  'hits-latency': latencyPart,
  'hits-replica': replicaHitsPart,
  'hits-workers': workersPart,
  writes: writesPart,
  day: dayPart,
  'day-paced': pacePart,
  growth: growthPart,
  limits: limitsPart,
  'limiters-kept': limitersPart,
  'limiters-cost': costPart,
} as const satisfies Readonly<Record<string, Part>>

export type PartName = keyof typeof PARTS

export const isPartName = (name: string): name is PartName => Object.hasOwn(PARTS, name)

/** What `--quick` runs: one of each kind. */
export const QUICK_PARTS: readonly PartName[] = ['hits-50', 'writes', 'day', 'growth', 'limits']
