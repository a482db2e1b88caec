/**
 * Which calls were not needed, and why not. Each answer is counted once at most: it cost a permit, or
 * it was saved by one of these, or it was an error of ours. So all requests together are those that
 * spent a permit, those that saved one, and those refused or abandoned.
 */

import type { AnswerSummary } from './request-record.js'

/** The closed list of causes; the words are labels of `intervals_proxy_saved_calls_total`. */
export const SAVED_CAUSES = [
  /** A stored answer, fresh, sent whole. */
  'hit',
  /** A stored answer that the consumer had already (If-None-Match): a 304, and no body either. */
  'not-modified',
  /** A stored answer that says no: 403 or 404. */
  'negative',
  /** A stored answer past its time, while somebody else's refresh ran or no call could be made. */
  'stale',
  /** The call of another request that asked for the same at the same time. */
  'joined',
  /** A write that was repeated under its Idempotency-Key. */
  'replayed',
  /** A token that the upstream refused a moment ago; it was not sent again. */
  'refused-token',
] as const
export type SavedCause = (typeof SAVED_CAUSES)[number]

/** Undefined: it spent a call, or did not bring the client what a call would have brought. */
export function savedBy({
  outcome,
  cacheStatus,
  permit,
  status,
}: Pick<AnswerSummary, 'outcome' | 'cacheStatus' | 'permit' | 'status'>): SavedCause | undefined {
  if (permit !== undefined || status === null) return undefined
  if (outcome === 'hit') {
    if (status === 304) return 'not-modified'
    return status >= 400 ? 'negative' : 'hit'
  }
  if (outcome === 'replayed') return 'replayed'
  const { detail, collapsed } = cacheStatus
  if (outcome === 'refused') return detail === 'credential-refused' ? 'refused-token' : undefined
  // The profile http says so in the detail.
  if (SERVED.has(outcome) || SERVED.has(detail ?? '')) return 'stale'
  return collapsed === true ? 'joined' : undefined
}

const SERVED: ReadonlySet<string> = new Set(['served-on-error', 'served-on-refusal'])
