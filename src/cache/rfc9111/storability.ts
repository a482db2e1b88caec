/** May a shared cache store this answer (RFC 9111 §3)? One rule per line, the first that objects counts. */

import { headerValues, type HeaderList } from '../rules/header-list.js'
import type { CachePolicy } from './directives.js'
import { isHeuristicStatus, type Lifetime } from './freshness.js'

/** Why an answer is passed on and not stored. The words appear in Cache-Status and in logs. */
export const HTTP_UNSTORABLE_REASONS = [
  'partial',
  'not-understood',
  'no-store',
  'private',
  'authorization',
  'vary',
  'set-cookie',
  'no-freshness',
  'status',
  'post',
  'too-large',
  'overtaken',
  'precondition',
] as const

export type HttpUnstorableReason = (typeof HTTP_UNSTORABLE_REASONS)[number]

/** Final statuses of RFC 9110 whose rules for caches are kept here. */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406,
  407, 408, 409, 410, 411, 412, 413, 414, 415, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505,
])
/** About a part, or about an answer that somebody has. */
const NEVER_STORED: ReadonlySet<number> = new Set([304, 412, 416])

export interface HttpCandidate {
  readonly status: number
  readonly headers: HeaderList
  readonly policy: CachePolicy
  readonly lifetime: Lifetime
  /** Whether the request had Authorization. */
  readonly isAuthorized: boolean
  /** Whether a later request can be told to be equal, as far as Vary goes. */
  readonly isSelectable: boolean
  /** Whether a part is what Range asked for, and If-Range had no say. By default false. */
  readonly isSameRange?: boolean
}

/** Undefined: it may be stored. Whether the body came whole, and fits, is the caller's to see. */
export function httpUnstorable(answer: HttpCandidate): HttpUnstorableReason | undefined {
  const { status, headers, policy, lifetime, isAuthorized, isSelectable } = answer
  const { isSameRange = false } = answer
  const has = (name: string): boolean => headerValues(headers, name).length > 0
  // A part: for whoever asks for the same range, if it says for how long.
  if (status === 206 && (!isSameRange || !lifetime.isExplicit)) return 'partial'
  if (status < 200 || NEVER_STORED.has(status)) return 'status'
  // RFC 9111 §5.2.2.3: who understands this one may store in spite of no-store, which is for the others.
  if (policy.mustUnderstand && !UNDERSTOOD.has(status)) return 'not-understood'
  if (policy.noStore && !policy.mustUnderstand) return 'no-store'
  if (policy.isPrivate) return 'private'
  // RFC 9111 §3.5
  const isOffered = policy.isPublic || policy.mustRevalidate || policy.sMaxAgeSeconds !== undefined
  if (isAuthorized && !isOffered) return 'authorization'
  if (!isSelectable) return 'vary'
  // One that is meant to be shared says how long; a guess must not hand on a session (RFC 9111 §7.3).
  if (has('set-cookie') && !lifetime.isExplicit) return 'set-cookie'
  if (!lifetime.isExplicit && !policy.isPublic && !isHeuristicStatus(status)) return 'status'
  // Neither fresh for a moment nor to be validated: of no use to anyone.
  const hasValidator = has('etag') || has('last-modified')
  return lifetime.lifetimeMs > 0 || hasValidator ? undefined : 'no-freshness'
}
