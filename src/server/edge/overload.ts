/**
 * Beyond capacity, what would need more of it is refused at once, and the rest goes on: hits, and what
 * is already on its way. @fastify/under-pressure measures; here is what is made of it.
 */

import { getHeapStatistics } from 'node:v8'
import type { FastifyUnderPressureOptions } from '@fastify/under-pressure'
import type { Config } from '../../config/schema.js'
import type { Metrics } from '../../observability/metrics.js'
import { ProblemError } from '../errors/problems.js'

export interface Overload {
  isShedding(): boolean
  /** @throws ProblemError OVERLOADED if it is shedding */
  refuseIfShedding(): void
  /** The same answer for another lack of room. */
  refusal(): ProblemError
}

/** Long enough that one pause, of the garbage collector or of the machine, is no overload. */
const LOOK_EVERY_MS = 3_000
/** Two looks: earlier nothing can have changed. */
const RETRY_AFTER_MS = 2 * LOOK_EVERY_MS

export function createOverload(isUnderPressure: () => boolean, { refusals }: Metrics): Overload {
  function refusal(): ProblemError {
    refusals.inc({ reason: 'overloaded' })
    return new ProblemError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS })
  }
  return {
    isShedding: isUnderPressure,
    refusal,
    refuseIfShedding() {
      if (isUnderPressure()) throw refusal()
    },
  }
}

const HEAP_SHARE = 0.9

/** What is measured, and from where on it is too much. 0 is off, for the plugin and in the settings. */
export function pressureOptions({ server }: Config): FastifyUnderPressureOptions {
  const { maxEventLoopDelay, maxHeap, maxRss = 0 } = server.overload
  return {
    maxEventLoopDelay,
    maxHeapUsedBytes: maxHeap ?? getHeapStatistics().heap_size_limit * HEAP_SHARE,
    maxRssBytes: maxRss,
    sampleInterval: LOOK_EVERY_MS,
    // Its own answer would be a 503 for hits as well.
    pressureHandler: () => {},
  }
}
