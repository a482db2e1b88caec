/**
 * Generations: one counter per account and resource. Invalidating raises it; an entry or flight with an
 * older generation is not served, stored or joined any more. So the cost of a write does not depend on
 * the size of the cache.
 */

import type { ResourceName } from '../resources/resource-name.js'
import type { InvalidationScope } from './invalidation-scope.js'

/** Counters of one account as a journal keeps them: enough to continue after a restart. */
export interface AccountGenerations {
  readonly account: string
  /** Raised when the whole account is invalidated. */
  readonly floor: number
  readonly resources: Readonly<Partial<Record<ResourceName, number>>>
}

export interface GenerationsSnapshot {
  /** The highest generation given out. */
  readonly latest: number
  /** The generation of accounts that are not listed. */
  readonly floor: number
  readonly accounts: readonly AccountGenerations[]
}

export interface GenerationsOptions {
  /**
   * Accounts with counters of their own, 10,000 by default. Beyond that, the account written least
   * recently loses its counters, which invalidates it and every account without counters.
   */
  readonly maxAccounts?: number
  /** The state to continue from: the last snapshot with the journal applied. */
  readonly restored?: GenerationsSnapshot
  /**
   * Called by `invalidate` after the counters are raised, to save them. If it throws, `invalidate`
   * throws, and the counters stay raised, which is safe.
   */
  readonly onInvalidate?: (
    raised: AccountGenerations,
    head: Omit<GenerationsSnapshot, 'accounts'>,
  ) => void
}

export interface Generations {
  /** Never falls, and rises with every invalidation that includes the resource. */
  generation(account: string, resource: ResourceName): number
  /** Whether nothing has invalidated the resource since `generation` was read. */
  isCurrent(account: string, resource: ResourceName, generation: number): boolean
  invalidate(account: string, scope: InvalidationScope): void
  snapshot(): GenerationsSnapshot
  /** The number of accounts with counters of their own. */
  size(): number
}

interface Counters {
  floor: number
  readonly resources: Map<ResourceName, number>
}

export function createGenerations(options: GenerationsOptions = {}): Generations {
  const { maxAccounts = 10_000, restored, onInvalidate } = options
  if (!Number.isInteger(maxAccounts) || maxAccounts < 1) {
    throw new TypeError(`"maxAccounts" must be a whole number, 1 or more, got ${maxAccounts}`)
  }
  // In the order of their last write. Every value comes from `latest`, so no value is used twice, even
  // by an account that lost its counters and got new ones.
  const accounts = new Map<string, Counters>()
  let floor = restored?.floor ?? 0
  let latest = Math.max(restored?.latest ?? 0, floor)
  for (const { account, ...kept } of restored?.accounts ?? []) {
    const resources = new Map(Object.entries(kept.resources) as [ResourceName, number][])
    accounts.set(account, { floor: kept.floor, resources })
    latest = Math.max(latest, kept.floor, ...resources.values())
  }
  evict()

  function evict(): void {
    for (const account of accounts.keys()) {
      if (accounts.size <= maxAccounts) return
      accounts.delete(account)
      // Higher than any counter of the account: nothing read under the lost ones is current again.
      floor = ++latest
    }
  }

  function generation(account: string, resource: ResourceName): number {
    const counters = accounts.get(account)
    return counters === undefined ? floor : (counters.resources.get(resource) ?? counters.floor)
  }

  return {
    generation,
    isCurrent: (account, resource, seen) => generation(account, resource) === seen,
    invalidate(account, scope) {
      const counters = accounts.get(account) ?? { floor, resources: new Map() }
      const next = ++latest
      if (scope.kind === 'account') {
        counters.floor = next
        counters.resources.clear()
      } else {
        for (const name of scope.names) counters.resources.set(name, next)
      }
      accounts.delete(account)
      accounts.set(account, counters)
      evict()
      onInvalidate?.(toRecord(account, counters), { latest, floor })
    },
    snapshot: () => ({
      latest,
      floor,
      accounts: [...accounts].map(([account, counters]) => toRecord(account, counters)),
    }),
    size: () => accounts.size,
  }
}

function toRecord(account: string, { floor, resources }: Counters): AccountGenerations {
  return { account, floor, resources: Object.fromEntries(resources) }
}
