/** Which errors are refusals by the proxy itself, and which of them more patience avoids. */

import { PROBLEM_OF_REFUSAL } from './problems.js'
import type { ProblemCode, ProblemError } from './problems.js'

/** Refusals that a request with more patience may not get: nothing was spent, so it may try alone. */
export const OUT_OF_PATIENCE: ReadonlySet<ProblemCode> = new Set([
  'DEADLINE',
  'WAIT_TOO_LONG',
  'QUEUE_FULL',
])

const OWN_REFUSALS: ReadonlySet<ProblemCode> = new Set([
  ...Object.values(PROBLEM_OF_REFUSAL),
  'OVERLOADED',
])

/** The proxy itself refused, and Intervals did not fail. */
export const isOwnRefusal = ({ code }: Pick<ProblemError, 'code'>): boolean =>
  OWN_REFUSALS.has(code)
