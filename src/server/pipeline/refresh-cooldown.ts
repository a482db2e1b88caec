/**
 * Entries whose refresh failed a moment ago. For a while they are served as they are, without another
 * try, so that an upstream that is down is not asked again for every reader.
 */

import { LRUCache } from 'lru-cache'
import type { Clock } from '../../limits/index.js'
import type { CacheRead, Found } from './profiles/cache-read.js'

const COOLDOWN_MS = 10_000
const MAX_KEYS = 10_000

export class RefreshCooldown {
  readonly #keys: LRUCache<string, true>

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    const perf = { now: () => clock.monotonicMs() }
    this.#keys = new LRUCache({ max: MAX_KEYS, ttl: COOLDOWN_MS, ttlResolution: 0, perf })
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  start(key: string): void {
    this.#keys.set(key, true)
  }

  /** An entry that is due for revalidation counts as stale while it cools down. */
  applied<E>(read: CacheRead<E>): CacheRead<E> {
    const due = mustRevalidate(read)
    return due !== undefined && this.has(read.key)
      ? { ...read, found: { kind: 'stale', ...due } }
      : read
  }
}

/** The entry that readers get if no newer answer arrives in time: too old to be served at once. */
export function mustRevalidate<E>({ found }: CacheRead<E>): Found<E> | undefined {
  return found.kind === 'miss' && found.reason === 'stale' ? found.fallback : undefined
}
