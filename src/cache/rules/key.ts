/**
 * The cache key: everything an answer may depend on. Accept-Encoding is not in it, so a fill has to be
 * asked for in one fixed encoding.
 */

import type { Format } from './format.js'
import type { Share } from '../resources/policy.js'
import type { Principal } from './principal.js'
import type { Target } from '../resources/target.js'

export interface CacheKeyParts {
  readonly account: string
  readonly principal: Principal
  /** With `account` the principal leaves the key, and every credential of the account shares. */
  readonly share: Share
  readonly format: Format
  readonly target: Target
}

/** A JSON array: no value of one part can look like a border between two. */
export function cacheKey(parts: CacheKeyParts): string {
  const { path, query } = parts.target
  // At once, and not of its halves: V8 keeps a text with what it was put together of, 150 bytes an entry.
  return JSON.stringify([...whoAndHow(parts), path, query])
}

/** The half of the key that is the same for all requests of one kind by one credential. */
export function keyHead(parts: Omit<CacheKeyParts, 'target'>): string {
  return `${JSON.stringify(whoAndHow(parts)).slice(0, -1)},`
}

function whoAndHow({ account, principal, share, format }: Omit<CacheKeyParts, 'target'>) {
  return [account, share === 'account' ? null : principal.id, format] as const
}

/** The other half: what is asked for. */
export function keyTail({ path, query }: Pick<Target, 'path' | 'query'>): string {
  return JSON.stringify([path, query]).slice(1)
}
