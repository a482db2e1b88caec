/**
 * The cache key: everything that an answer may depend on. Accept-Encoding is not in it, so fills ask for
 * one fixed encoding.
 */

import type { Format } from './format.js'
import type { Share } from '../resources/policy.js'
import type { Principal } from './principal.js'
import type { Target } from '../resources/target.js'

export interface CacheKeyParts {
  readonly account: string
  readonly principal: Principal
  /** With `account` the principal leaves the key: all credentials of the account share. */
  readonly share: Share
  readonly format: Format
  readonly target: Target
  /** See `varyKey`; undefined where answers vary by nothing else. */
  readonly vary?: string | undefined
}

/** A JSON array: no value of one part can look like a border between two. */
export function cacheKey({
  account,
  principal,
  share,
  format,
  target,
  vary,
}: CacheKeyParts): string {
  const owner = share === 'account' ? null : principal.id
  // Not joined of its halves: V8 keeps the parts of a joined text, 150 bytes an entry.
  const parts: unknown[] = [account, owner, format, target.path, target.query]
  if (vary !== undefined) parts.push(vary)
  return JSON.stringify(parts)
}

/** The half of the key that is the same for all requests of one kind by one credential. */
export function keyHead({
  account,
  principal,
  share,
  format,
}: Omit<CacheKeyParts, 'target'>): string {
  const owner = share === 'account' ? null : principal.id
  return `${JSON.stringify([account, owner, format]).slice(0, -1)},`
}

/** The other half: what is asked for. */
export function keyTail({ path, query }: Pick<Target, 'path' | 'query'>): string {
  return JSON.stringify([path, query]).slice(1)
}
