/** Whether a response may be stored. One rule per line; the first that objects is the reason. */

import { responseDirectives } from './cache-control.js'
import { envelopeOf } from './envelope.js'
import { contentTypeFits, type Format } from './format.js'
import { headerValues, type HeaderList } from './header-list.js'
import type { Share } from '../resources/policy.js'

/** Why a response is not stored. The words appear in Cache-Status, metrics and logs. */
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
  'error-in-envelope',
] as const

export type UnstorableReason = (typeof UNSTORABLE_REASONS)[number]

/**
 * `ignore`: PHP sends no-store, Vary: User-Agent and text/html with every response of a session, whatever
 * it is. The table of resources knows better. `obey`: they prevent storing.
 */
export type UpstreamDirectives = 'ignore' | 'obey'

export interface CandidateResponse {
  readonly status: number
  readonly headers: HeaderList
  readonly body: Buffer
  readonly format: Format
  readonly share: Share
  readonly maxEntryBytes: number
  /** Whether the body came to its proper end. */
  readonly complete: boolean
  readonly upstreamDirectives: UpstreamDirectives
  /** Request headers that the key includes because earlier responses varied by them; lower case. */
  readonly keyedFields: readonly string[]
}

export type Storability =
  /** `overridden`: what the upstream said against it, as in its headers. */
  | { readonly storable: true; readonly overridden: readonly string[] }
  | {
      readonly storable: false
      readonly reason: UnstorableReason
      /** With `vary`: fields that the key has to include from now on. */
      readonly unkeyedFields?: readonly string[]
    }

/** What one credential may not see, or cannot find, says nothing about other credentials. */
const STORABLE_STATUSES: Readonly<Record<Share, readonly number[]>> = {
  credential: [200, 403, 404],
  account: [200],
}

export function isStorable(response: CandidateResponse): Storability {
  const { status, headers, body, share, maxEntryBytes, complete } = response
  if (!STORABLE_STATUSES[share].includes(status)) return { storable: false, reason: 'status' }
  // RFC 9111 §3.3: an incomplete response is not stored.
  if (!complete) return { storable: false, reason: 'incomplete' }
  // Another length is a body that was cut off.
  for (const length of headerValues(headers, 'content-length')) {
    if (Number(length) !== body.length) return { storable: false, reason: 'incomplete' }
  }
  // RFC 9110 §14.4: this is a part, whatever the status says.
  if (headerValues(headers, 'content-range').length > 0) {
    return { storable: false, reason: 'partial' }
  }
  // Every Intervals response has an envelope: an empty one is a failure with the wrong status.
  if (body.length === 0) return { storable: false, reason: 'empty' }
  if (body.length > maxEntryBytes) return { storable: false, reason: 'too-large' }
  return byDirectives(response)
}

/** The rules that `upstreamDirectives` decides about. */
function byDirectives(response: CandidateResponse): Storability {
  const { headers, format, share, upstreamDirectives } = response
  const isObeyed = upstreamDirectives === 'obey'
  const overridden: string[] = []
  // RFC 9111 §5.2.2.5. max-age and no-cache are always overridden by the TTL of the table.
  const { noStore, isPrivate } = responseDirectives(headerValues(headers, 'cache-control'))
  if (noStore && isObeyed) return { storable: false, reason: 'upstream-no-store' }
  if (noStore) overridden.push('Cache-Control: no-store')
  // RFC 9111 §5.2.2.7: with the principal in the key the cache is private to it, otherwise it is not.
  if (isPrivate && share === 'account') {
    if (isObeyed) return { storable: false, reason: 'upstream-private' }
    overridden.push('Cache-Control: private')
  }
  const vary = headerValues(headers, 'vary')
  const unkeyedFields = vary.length === 0 ? [] : unkeyed(vary, response, overridden)
  // RFC 9111 §4.1: an answer that depends on what the key leaves out could not be found again.
  if (unkeyedFields.length > 0) {
    const canBeKeyed = !isObeyed && !unkeyedFields.includes('*')
    return { storable: false, reason: 'vary', ...(canBeKeyed && { unkeyedFields }) }
  }
  // An error page or an image is not what the format asked for.
  const contentType = headerValues(headers, 'content-type').at(-1)
  const isTyped = contentTypeFits(format, contentType)
  if (!isTyped && (isObeyed || !UNTYPED.test(contentType ?? ''))) {
    return { storable: false, reason: 'content-type' }
  }
  const envelope = envelopeOf(response.body)
  if (envelope === 'error' && response.status === 200) {
    return { storable: false, reason: 'error-in-envelope' }
  }
  if (isTyped) return { storable: true, overridden }
  if (envelope === undefined || !contentTypeFits(format, `application/${envelope}`)) {
    return { storable: false, reason: 'content-type' }
  }
  return { storable: true, overridden: [...overridden, `Content-Type: ${contentType ?? 'none'}`] }
}

/** The request headers that the key, or the one fixed encoding of fills, always covers. */
const KEYED_FIELDS: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'authorization'])
/** Intervals answers alike whoever the client is. */
const IRRELEVANT_FIELDS: ReadonlySet<string> = new Set(['origin', 'user-agent'])
/** Content types that PHP and web servers give to anything. */
const UNTYPED = /^\s*(?:text\/(?:html|plain)\s*(?:;|$)|$)/iu

/** The fields of Vary that the key has to include and does not. */
function unkeyed(
  vary: readonly string[],
  { keyedFields, upstreamDirectives }: CandidateResponse,
  overridden: string[],
): readonly string[] {
  const fields = new Set<string>()
  for (const name of vary.join(',').split(',')) {
    const field = name.trim().toLowerCase()
    if (field === '' || KEYED_FIELDS.has(field) || keyedFields.includes(field)) continue
    if (upstreamDirectives === 'ignore' && IRRELEVANT_FIELDS.has(field)) {
      overridden.push(`Vary: ${field}`)
    } else fields.add(field)
  }
  return [...fields]
}
