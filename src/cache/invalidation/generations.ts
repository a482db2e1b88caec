/**
 * Generations: one number per account and resource that every write raises. What was read under an
 * older number is not served, stored or joined any more. A write costs the same however much is cached.
 *
 * Bump before a write is sent, and again when it has ended, however it ended, and before its answer goes
 * to the client. The second makes old whatever was read before the write took effect. The first is for
 * a write whose end nobody sees, because the process stops in between: `onBump` has noted it by then.
 */

import type { ResourceName } from '../resources/resource-name.js'
import type { TouchScope } from './invalidation-scope.js'

/** Counters of one account, as a journal keeps them: enough to go on after a restart. */
export interface AccountGenerations {
  readonly account: string
  /** Raised by what touches the whole account. */
  readonly floor: number
  readonly resources: Readonly<Partial<Record<ResourceName, number>>>
}

export interface FenceSnapshot {
  /** The highest generation given out. */
  readonly latest: number
  /** The generation of accounts that are not listed. */
  readonly floor: number
  readonly accounts: readonly AccountGenerations[]
}

export interface FenceOptions {
  /**
   * Accounts with counters of their own; the one not written for longest loses them, and then
   * everything cached for it and for accounts never written is dropped. By default 10 000.
   */
  readonly maxAccounts?: number
  /** Where to go on from: the last snapshot, with the journal applied. By default from nothing. */
  readonly restored?: FenceSnapshot
  /**
   * Called in every bump, after the counters are raised and before it returns: the place to note what
   * a write is about to invalidate before it leaves. What it throws, `bump` throws; the counters stay
   * raised, which is the safe side.
   */
  readonly onBump?: (bumped: AccountGenerations, head: Omit<FenceSnapshot, 'accounts'>) => void
}

export interface Fence {
  /** The current generation: it never falls, and rises with every bump that includes the resource. */
  generation(account: string, resource: ResourceName): number
  /** Whether nothing has touched the resource since `generation` was read. */
  isCurrent(account: string, resource: ResourceName, generation: number): boolean
  bump(account: string, scope: TouchScope): void
  snapshot(): FenceSnapshot
  /** How many accounts have counters of their own. */
  size(): number
}

interface Counters {
  floor: number
  readonly resources: Map<ResourceName, number>
}

export function createFence(options: FenceOptions = {}): Fence {
  const { maxAccounts = 10_000, restored, onBump } = options
  if (!Number.isInteger(maxAccounts) || maxAccounts < 1) {
    throw new TypeError(`"maxAccounts" must be a whole number, 1 or more, got ${maxAccounts}`)
  }
  // In the order of their last write. Every value comes from `latest`, so no number is given out twice,
  // whoever loses counters and gets them again.
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
      // Above all that the account ever had: nothing read under its lost counters is current again.
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
    bump(account, scope) {
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
      onBump?.(toRecord(account, counters), { latest, floor })
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
