/** From what went wrong on the wire to what the consumer is told; the cause itself goes to the log. */

import { errors } from 'undici'
import { UpstreamRefusedError } from '../../upstream/index.js'
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
  return knownProblem(error) ?? new ProblemError('UPSTREAM_UNREACHABLE', { cause: error })
}

/** Undefined: not an error that the wire to the upstream is known to end with. */
export function knownProblem(error: unknown): ProblemError | undefined {
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

/** Connecting failed, so not one byte was sent. */
const BEFORE_ANY_BYTE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])

/** Whether the upstream may have carried out a request that ended with this error. */
export function executedOf(error: unknown, wasUnsent: boolean): Executed {
  const isUnsent =
    wasUnsent || wasNotExecuted(error) || BEFORE_ANY_BYTE.has(deepestCode(error) ?? '')
  return isUnsent ? 'no' : 'unknown'
}

const wasNotExecuted = (error: unknown): boolean =>
  isRefused(error) || hasCode(error, 'PERMIT_VOID')

/**
 * Is another attempt no repetition, and is there time for it? After a refusal the queue knows; a permit
 * that expired says nothing about the next one, so there the deadline decides.
 */
export function mayRepeat(error: unknown, { isLate }: { readonly isLate: boolean }): boolean {
  return isRefused(error) || (!isLate && hasCode(error, 'PERMIT_VOID'))
}

const isRefused = (error: unknown): boolean =>
  causes(error).some((one) => one instanceof UpstreamRefusedError)

const hasCode = (error: unknown, code: string): boolean =>
  causes(error).some((one) => (one as { code?: unknown }).code === code)
