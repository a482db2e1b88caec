/** May this answer be stored? One rule per line, the first that objects is the reason. */

import { responseDirectives } from './cache-control.js'
import { contentTypeFits, type Format } from './format.js'
import { headerValues, type HeaderList } from './header-list.js'
import type { Share } from '../resources/policy.js'

/** Why an answer is passed on and not stored. The words appear in Cache-Status, metrics and logs. */
export const UNSTORABLE_REASONS = [
  'status',
  'incomplete',
  'partial',
  'empty',
  'too-large',
  'upstream-no-store',
  'upstream-private',
  'vary',
  'content-type',
] as const

export type UnstorableReason = (typeof UNSTORABLE_REASONS)[number]

export interface CandidateResponse {
  readonly status: number
  readonly headers: HeaderList
  readonly format: Format
  readonly share: Share
  readonly bodyBytes: number
  /** Largest body that is stored, bytes. */
  readonly maxEntryBytes: number
  /** Whether the body came to its proper end. */
  readonly complete: boolean
}

export type Storability =
  { readonly storable: true } | { readonly storable: false; readonly reason: UnstorableReason }

/** What one credential may not see, or not find, says nothing about what another one may. */
const STORABLE_STATUSES: Readonly<Record<Share, readonly number[]>> = {
  credential: [200, 403, 404],
  account: [200],
}

/** The request headers that the key, or the one fixed encoding of fills, already covers. */
const KEYED_HEADERS: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'authorization'])

export function isStorable(response: CandidateResponse): Storability {
  const reason = objection(response)
  return reason === undefined ? { storable: true } : { storable: false, reason }
}

function objection(response: CandidateResponse): UnstorableReason | undefined {
  const { status, headers, format, share, bodyBytes, maxEntryBytes, complete } = response
  const values = (name: string): readonly string[] => headerValues(headers, name)
  if (!STORABLE_STATUSES[share].includes(status)) return 'status'

  // RFC 9111 §3.3: an incomplete answer is not one. A length that does not fit is a body cut off.
  if (!complete || values('content-length').some((text) => Number(text) !== bodyBytes)) {
    return 'incomplete'
  }
  // RFC 9110 §14.4: whatever the status says, this is a part.
  if (values('content-range').length > 0) return 'partial'
  // Every Intervals answer has an envelope: none at all is a failure that forgot its status.
  if (bodyBytes === 0) return 'empty'
  if (bodyBytes > maxEntryBytes) return 'too-large'

  // RFC 9111 §5.2.2.5. The TTL is ours and overrides max-age and no-cache; a ban on storing stands.
  const directives = responseDirectives(values('cache-control'))
  if (directives.noStore) return 'upstream-no-store'
  // RFC 9111 §5.2.2.7: with the principal in the key the cache is private to it, without it is not.
  if (directives.isPrivate && share === 'account') return 'upstream-private'
  // RFC 9111 §4.1: an answer that depends on what the key leaves out could not be found again rightly.
  if (!variesWithinKey(values('vary'))) return 'vary'
  // An error page or a picture is not what the format asked for.
  if (!contentTypeFits(format, values('content-type').at(-1))) return 'content-type'
  return undefined
}

function variesWithinKey(vary: readonly string[]): boolean {
  return vary
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .every((name) => name === '' || KEYED_HEADERS.has(name))
}
