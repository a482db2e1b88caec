/** Whether the upstream can be reached, judged by how the last calls ended. */

import { knownProblem } from '../server/errors/upstream-problem.js'
import { NotSentError } from '../upstream/index.js'

export interface Unreachable {
  /** Epoch milliseconds. */
  readonly sinceMs: number
  readonly message: string
}

export interface Reachability {
  answered(): void
  /** A call ended without a response. */
  failed(error: unknown): void
  /** Undefined while calls get through. */
  unreachable(): Unreachable | undefined
}

/** One request that gets no response says little about the next one; this many in a row do. */
const UNANSWERED_IN_A_ROW = 3

export function createReachability(wallMs: () => number): Reachability {
  let firstFailureMs: number | undefined
  let unanswered = 0
  let message: string | undefined
  return {
    answered() {
      firstFailureMs = undefined
      unanswered = 0
      message = undefined
    },
    failed(error) {
      const problem = knownProblem(error)
      // Ended by the client, or before it was tried.
      if (problem === undefined) return
      firstFailureMs ??= wallMs()
      unanswered += 1
      const isConnectFailure =
        error instanceof NotSentError || problem.code === 'UPSTREAM_UNTRUSTED'
      if (isConnectFailure || unanswered >= UNANSWERED_IN_A_ROW) message = problem.message
    },
    unreachable: () =>
      firstFailureMs === undefined || message === undefined
        ? undefined
        : { sinceMs: firstFailureMs, message },
  }
}
