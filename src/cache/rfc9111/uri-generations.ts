/**
 * One number per URI, raised by every unsafe request to it. What was asked for under an older number is
 * passed on to whoever asked, but neither stored nor joined.
 */

import { LRUCache } from 'lru-cache'

export interface UriGenerations {
  of(uri: string): number
  /** Raises the number of this URI, and returns it. */
  invalidate(uri: string): number
  /** Raises all of them. */
  invalidateAll(): void
  /** How many URIs have a number of their own. */
  size(): number
}

/** Past `maxUris`, by default 10 000, the one not written for longest loses its number, and all are raised. */
export function createUriGenerations({
  maxUris = 10_000,
}: { maxUris?: number } = {}): UriGenerations {
  let latest = 0
  let floor = 0
  const numbers = new LRUCache<string, number>({
    max: maxUris,
    // Nobody knows any more what it was; a new one above all of them is right for every fill that is out.
    dispose: (_number, _uri, reason) => {
      if (reason === 'evict') floor = ++latest
    },
  })
  return {
    of: (uri) => Math.max(floor, numbers.peek(uri) ?? 0),
    invalidate(uri) {
      numbers.set(uri, ++latest)
      return Math.max(floor, latest)
    },
    invalidateAll() {
      numbers.clear()
      floor = ++latest
    },
    size: () => numbers.size,
  }
}
