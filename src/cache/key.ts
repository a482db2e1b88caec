/**
 * The cache key: everything an answer may depend on. Accept-Encoding is not in it, so a fill has to be
 * asked for in one fixed encoding.
 */

import type { Format } from './format.js'
import type { Share } from './policy.js'
import type { Principal } from './principal.js'
import type { Target } from './target.js'

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
  const { account, principal, share, format, target } = parts
  const who = share === 'account' ? null : principal.id
  return JSON.stringify([account, who, format, target.path, target.query])
}
