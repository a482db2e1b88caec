/** From what went wrong on the wire to what the consumer is told; the cause itself goes to the log. */

import { errors } from 'undici'
import {
  GatewayRefusedError,
  ProxyTunnelError,
  UpstreamRefusedError,
} from '../../upstream/index.js'
import type { CallFailure } from '../../upstream/index.js'
import { ProblemError } from './problems.js'
import type { ProblemCode } from './problems.js'
/** Whether the upstream carried a request out. `unknown`: it was sent, and no answer says so. */
export type Executed = 'yes' | 'no' | 'unknown'

/** Codes of Node, OpenSSL and undici, by what they mean to the consumer. */
const BY_CODE: ReadonlyMap<string, ProblemCode> = new Map([
  ['ECONNREFUSED', 'UPSTREAM_UNREACHABLE'],
  ['ENOTFOUND', 'UPSTREAM_UNREACHABLE'],
  ['EAI_AGAIN', 'UPSTREAM_UNREACHABLE'],
  ['EHOSTUNREACH', 'UPSTREAM_UNREACHABLE'],
  ['ENETUNREACH', 'UPSTREAM_UNREACHABLE'],
  ['EADDRNOTAVAIL', 'UPSTREAM_UNREACHABLE'],
  ['UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['ETIMEDOUT', 'UPSTREAM_TIMEOUT'],
  ['UND_ERR_CONNECT_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['UND_ERR_HEADERS_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['UND_ERR_BODY_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['ECONNRESET', 'UPSTREAM_BROKE_OFF'],
  ['EPIPE', 'UPSTREAM_BROKE_OFF'],
  ['UND_ERR_SOCKET', 'UPSTREAM_BROKE_OFF'],
  ['NOT_REPEATED', 'UPSTREAM_BROKE_OFF'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UPSTREAM_BROKE_OFF'],
  ['UND_ERR_HEADERS_OVERFLOW', 'UPSTREAM_GARBLED'],
  ['UPSTREAM_GARBLED', 'UPSTREAM_GARBLED'],
  // How undici's parser ends on answers that it holds to be impossible.
  ['ERR_ASSERTION', 'UPSTREAM_GARBLED'],
])

/** What the codes of the HTTP parser begin with. */
const NOT_HTTP = 'HPE_'

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|SIGNATURE|CRL_|INVALID_CA|UNTRUSTED/

/** Never carries an address: that stays in `cause`, for the log. */
export function upstreamProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof UpstreamRefusedError) return new ProblemError('PAUSED', { cause: error })
  if (error instanceof GatewayRefusedError) {
    const code = error.status === 429 ? 'GATEWAY_BUSY' : 'GATEWAY_UNAVAILABLE'
    return new ProblemError(code, { cause: error, retryAfterMs: error.retryAfterMs ?? 5_000 })
  }
  return knownProblem(error) ?? new ProblemError('UPSTREAM_UNREACHABLE', { cause: error })
}

/** Undefined: not an error that the wire to the upstream is known to end with. */
export function knownProblem(error: unknown): ProblemError | undefined {
  const tunnel = causes(error).find((one) => one instanceof ProxyTunnelError)
  if (tunnel !== undefined) {
    return new ProblemError('UPSTREAM_UNREACHABLE', { cause: error, message: tunnel.message })
  }
  const code = deepestCode(error)
  if (code === undefined) return undefined
  const problem = BY_CODE.get(code)
  if (problem !== undefined) return new ProblemError(problem, { cause: error })
  if (CERTIFICATE.test(code)) {
    const message = `the certificate of the upstream is not trusted (${code}); give the authority that signed it as upstream.ca`
    return new ProblemError('UPSTREAM_UNTRUSTED', { cause: error, message })
  }
  if (code.startsWith(NOT_HTTP)) return new ProblemError('UPSTREAM_GARBLED', { cause: error })
  return undefined
}

/** Wrappers carry a code of their own; the one that says something is further down. */
function deepestCode(error: unknown): string | undefined {
  let found: string | undefined
  for (const one of causes(error)) {
    const { code } = one as { code?: unknown }
    // undici gives some of these no code.
    if (one instanceof errors.HTTPParserError) return NOT_HTTP
    if (typeof code === 'string' && !code.startsWith('FST_')) found = code
  }
  return found
}

/** An error and what caused it, outermost first. */
function causes(error: unknown): readonly Error[] {
  const chain: Error[] = []
  let current: unknown = error
  while (chain.length < 5 && current instanceof Error) {
    chain.push(current)
    const [first] = current instanceof AggregateError ? (current.errors as unknown[]) : []
    current = current.cause ?? first
  }
  return chain
}

/** Whether the upstream may have carried out a request that failed. */
export function executedOf(failure: CallFailure): Executed {
  const isUnknown = failure === 'unknown' || failure === 'reused-connection-closed'
  return isUnknown ? 'unknown' : 'no'
}

/**
 * Whether the request may be sent again. After a refusal the queue knows when. A permit that expired says
 * nothing about the next one, so there the deadline decides. `mayRead`: it is a read that has not been
 * sent again yet.
 */
export function mayRepeat(
  failure: CallFailure,
  { isLate, mayRead }: { readonly isLate: boolean; readonly mayRead: boolean },
): boolean {
  if (failure === 'refused') return true
  if (isLate) return false
  return failure === 'permit-void' || (failure === 'reused-connection-closed' && mayRead)
}
