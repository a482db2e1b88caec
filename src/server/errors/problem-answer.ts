/** An error of the proxy's own as status, headers and body: for the pipeline, and for the error handler. */

import { retryAfterSeconds } from '../../http/retry-after.js'
import { renderProblem } from './problem-body.js'
import type { ProblemCode, ProblemError } from './problems.js'

export interface ProblemAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

const LONGEST_RETRY_AFTER_MS = 86_400_000
/** For a pause that ends when an operator resumes: another try costs no call. */
const UNKNOWN_END_MS = 60_000

/** The rest of the body is not read, or it is uncertain where the request ends (RFC 9112 §6.1). */
const ENDS_CONNECTION: ReadonlySet<ProblemCode> = new Set([
  'AMBIGUOUS_REQUEST',
  'BODY_TOO_LARGE',
  'HEADERS_TOO_LARGE',
  'METHOD_NOT_FORWARDED',
  'OVERLOADED',
])

export function problemAnswer(problem: ProblemError, accept: string | undefined): ProblemAnswer {
  const { status, code, retryAfterMs } = problem
  const { contentType, body } = renderProblem(problem, accept)
  const headers: [string, string][] = [['content-type', contentType]]
  if (retryAfterMs !== undefined) {
    const waitMs = Number.isFinite(retryAfterMs)
      ? Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS)
      : UNKNOWN_END_MS
    headers.push(['retry-after', String(retryAfterSeconds(waitMs))])
  }
  if (status === 401) headers.push(['www-authenticate', challengeFor(code)])
  if (ENDS_CONNECTION.has(code)) headers.push(['connection', 'close'])
  return { status, headers, body }
}

/** Without an admin token, the browser must not ask for the name and password of Basic. */
const challengeFor = (code: ProblemCode): string =>
  code === 'ADMIN_UNAUTHORIZED' ? 'Bearer realm="intervals-proxy"' : 'Basic realm="Intervals API"'
