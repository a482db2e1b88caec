/** Whose failure it was. */

import { PROBLEM_OF_REFUSAL, ProblemError } from '../errors/problems.js'

/** A failure of the upstream, and not a refusal of our own. */
export const isUpstreams = (error: unknown): boolean =>
  error instanceof ProblemError && error.status >= 500 && !REFUSED.has(error.code)

export const REFUSED: ReadonlySet<string> = new Set(Object.values(PROBLEM_OF_REFUSAL))
