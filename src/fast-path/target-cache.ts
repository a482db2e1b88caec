/** Request-targets that the cache may answer, read once and not for each hit of them. */

import { LRUCache } from 'lru-cache'
import { keyTail, parseTarget, targetCacheability } from '../cache/index.js'
import type { Policies, ResourceName, Target } from '../cache/index.js'
import { targetNamesMethod } from '../server/edge/ambiguity.js'

export interface CachedTarget {
  readonly target: Target
  readonly resource: ResourceName
  /** Its half of the cache key. */
  readonly keyTail: string
}

const MAX_TARGETS = 10_000
/** With the bound above one in bytes: some 10 MB. Longer ones go the long way. */
const MAX_LENGTH = 512

/** Good as long as the policies are. Undefined: the long way says what to make of it. */
export function createTargetCache(
  policies: Policies,
): (rawTarget: string) => CachedTarget | undefined {
  const known = new LRUCache<string, CachedTarget>({ max: MAX_TARGETS })
  return (rawTarget) => {
    if (rawTarget.length > MAX_LENGTH) return undefined
    const seen = known.get(rawTarget)
    if (seen !== undefined) return seen
    const target = parseTarget(rawTarget)
    if (target.kind === 'ambiguous' || targetNamesMethod(rawTarget)) return undefined
    const asked = targetCacheability(target, policies)
    if (!asked.cacheable) return undefined
    const read = { target, resource: asked.resource, keyTail: keyTail(target) }
    known.set(rawTarget, read)
    return read
  }
}
