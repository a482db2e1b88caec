/**
 * If-Match with an entity tag of the proxy (RFC 9110 §13.1.1). The proxy replaces the upstream's tags on
 * cached answers, so a condition that names one has to be translated before the upstream evaluates it.
 */

import type { StoredResponse } from '../stores/entry.js'

/**
 * - `forward`: send this value.
 * - `remove`: the condition holds, and the upstream has no tags to evaluate it by.
 * - `failed`: answer 412 (RFC 9110 §15.5.13).
 */
export type TranslatedIfMatch =
  | { readonly kind: 'forward'; readonly value: string }
  | { readonly kind: 'remove' }
  | { readonly kind: 'failed' }

/** See `strongEtag` and `gzipEtag`. */
const OUR_TAG = /^"[\w-]{27}(?:-gzip)?"$/u

/**
 * `newest`: the current representations of the target that the cache knows, one for each format. Tags in
 * another form than ours came from the upstream, and stay as they are.
 */
export function translateIfMatch(
  ifMatch: string,
  newest: readonly Pick<StoredResponse, 'etag' | 'upstreamEtag'>[],
): TranslatedIfMatch {
  const tags = ifMatch.match(/(?:W\/)?"[^"]*"/gu) ?? []
  if (!tags.some((tag) => OUR_TAG.test(tag))) return { kind: 'forward', value: ifMatch }
  const translated: string[] = []
  for (const tag of tags) {
    if (!OUR_TAG.test(tag)) {
      translated.push(tag)
      continue
    }
    const plain = tag.replace(/-gzip"$/u, '"')
    const entry = newest.find(({ etag }) => etag === plain || etag === tag)
    if (entry === undefined) continue
    if (entry.upstreamEtag === undefined) return { kind: 'remove' }
    translated.push(entry.upstreamEtag)
  }
  if (translated.length === 0) return { kind: 'failed' }
  return { kind: 'forward', value: translated.join(', ') }
}
