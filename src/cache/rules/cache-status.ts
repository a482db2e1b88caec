/**
 * What became of a request, in one word for metrics, logs and tests, and as a Cache-Status value
 * (RFC 9211) for the client.
 */

export const CACHE_NAME = 'intervals-proxy'

type ForwardReason = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'request' | 'stale'

interface Meaning {
  /** `hit`, the reason for forwarding, or neither: refused by the proxy itself. */
  readonly handled: 'hit' | ForwardReason | undefined
  /** What RFC 9211 has no word for. A `detail` given by the caller takes its place. */
  readonly detail?: string
}

/** The closed list of outcomes; those of a miss are the reasons that `lookup` gives. */
export const OUTCOMES = {
  /** Fresh, from the cache. */
  hit: { handled: 'hit' },
  /** Stale, from the cache; one refresh runs behind. */
  'stale-while-revalidate': { handled: 'hit', detail: 'stale-while-revalidate' },
  /** The request wanted a younger answer; the upstream was asked, failed, and the stored one served. */
  'served-on-error': { handled: 'request', detail: 'served-on-error' },
  /** The request wanted a younger answer; a limit forbade asking, and the stored one was served. */
  'served-on-refusal': { handled: 'hit', detail: 'served-on-refusal' },
  /** Nothing stored. */
  'uri-miss': { handled: 'uri-miss' },
  /** Something stored, but for other requests by its Vary; in the profile `http` only. */
  'vary-miss': { handled: 'vary-miss' },
  /** Something stored, but a write has overtaken it. */
  invalidated: { handled: 'uri-miss', detail: 'invalidated' },
  /** Something stored, but too old. */
  stale: { handled: 'stale' },
  /** Something stored, but the request wanted a younger answer. */
  request: { handled: 'request' },
  /** A read that never goes through the cache. */
  bypass: { handled: 'bypass' },
  /** A write. */
  method: { handled: 'method' },
  /** The repeat of a write: what the first one was answered. */
  replayed: { handled: 'hit', detail: 'replayed' },
  /** Answered by the proxy itself, with an error. */
  refused: { handled: undefined },
  /** Not answered: the consumer went away while it waited. */
  abandoned: { handled: undefined },
} as const satisfies Readonly<Record<string, Meaning>>

export type Outcome = keyof typeof OUTCOMES

export interface CacheStatusParameters {
  /** Freshness left, whole seconds; negative when stale. */
  readonly ttlSeconds?: number
  /** What the upstream said, where that differs from what the client gets. */
  readonly fwdStatus?: number
  /** The upstream's answer has been stored. */
  readonly stored?: boolean
  /** The request shared the call of another one. */
  readonly collapsed?: boolean
  /** For a human: why. A word of one of the closed lists, never a client's text. */
  readonly detail?: string
}

export function cacheStatus(outcome: Outcome, parameters: CacheStatusParameters = {}): string {
  const { handled, detail: ownDetail }: Meaning = OUTCOMES[outcome]
  const { ttlSeconds, fwdStatus, stored, collapsed, detail = ownDetail } = parameters
  const isForwarded = handled !== undefined && handled !== 'hit'
  return [
    CACHE_NAME,
    handled === 'hit' && 'hit',
    isForwarded && `fwd=${handled}`,
    isForwarded && fwdStatus !== undefined && `fwd-status=${fwdStatus}`,
    isForwarded && stored === true && 'stored',
    isForwarded && collapsed === true && 'collapsed',
    ttlSeconds !== undefined && `ttl=${ttlSeconds}`,
    detail !== undefined && `detail=${bareItem(detail)}`,
  ]
    .filter((part) => part !== false)
    .join('; ')
}

/** A token where it is one, else a string (RFC 8941 §3.3): nothing in it can end the header early. */
function bareItem(text: string): string {
  if (/^[a-z*][\w!#$%&'*+.^`|~:/-]*$/iu.test(text)) return text
  return `"${text.replaceAll(/[^\u0020-\u007e]/gu, '?').replaceAll(/["\\]/gu, String.raw`\$&`)}"`
}
