/**
 * When a call for a newer answer is worth its price: the books of all accounts, and the time for which an
 * entry is fresh by them. Time comes in as an argument; nothing here reads a clock or a file.
 */

import { LRUCache } from 'lru-cache'
import type { ResourceName, StoredResponse, Target } from '../cache/index.js'
import { AccountFreshness } from './account-freshness.js'
import type {
  AccountReport,
  AccountState,
  Counted,
  DayBudgetLeft,
  Shape,
} from './account-freshness.js'
import type { FreshnessMode, PacedPolicy } from './ttl-in-use.js'

const MAX_ACCOUNTS = 1_000

/** Answers about the requester, or of this second: their times are kept as they are. */
const EXCLUDED: ReadonlySet<ResourceName> = new Set<ResourceName>(['me', 'timer'])

/** What of a request names its shape. */
export type ShapeOf = Pick<Target, 'resource' | 'id' | 'query'>

export interface Freshness {
  mode(): FreshnessMode
  /** How long this entry is fresh at the present price, milliseconds from its `storedAtMs`. */
  ttlMs(entry: StoredResponse, target: ShapeOf, policy: PacedPolicy, nowMs: number): number
  /** A refetch, or a list that has the same row, showed whether an answer still holds. No write in between. */
  looked(before: StoredResponse, after: StoredResponse, target: ShapeOf, policy: PacedPolicy): void
  /** A call by age replaced this entry. */
  fetched(before: StoredResponse, policy: PacedPolicy, nowMs: number): void
  count(account: string, counted: Counted, nowMs: number): void
  /** Once a minute, with what the ledger knows of each account's day. */
  tick(days: ReadonlyMap<string, DayBudgetLeft>, nowMs: number): void
  /** Undefined: the mode is `fixed`, or nothing is known of the account. */
  report(account: string, nowMs: number): AccountReport | undefined
  describe(
    request: { readonly target: ShapeOf; readonly client: { readonly account: string } },
    entry: StoredResponse | undefined,
    policy: PacedPolicy,
    nowMs: number,
  ): object
  snapshot(): readonly (readonly [string, AccountState])[]
  restore(states: readonly (readonly [string, AccountState])[], nowMs: number): void
}

export interface FreshnessOptions {
  readonly mode: () => FreshnessMode
  /** Of the offices, for the first day. */
  readonly utcOffsetMinutes: number
}

/** What was decided for an entry; it holds until the price is next reconsidered. */
interface Decided {
  readonly round: number
  readonly policy: PacedPolicy
  readonly ttlMs: number
  /** When it would have been fetched last if it were kept for its ttl only, epoch milliseconds. */
  fetchedAtTtlMs: number
}

export function createFreshness({ mode, utcOffsetMinutes }: FreshnessOptions): Freshness {
  const accounts = new LRUCache<string, AccountFreshness>({ max: MAX_ACCOUNTS })
  const decided = new WeakMap<StoredResponse, Decided>()
  let round = 0

  function of(account: string, nowMs: number): AccountFreshness {
    const known = accounts.get(account)
    if (known !== undefined) return known
    const made = new AccountFreshness(nowMs, utcOffsetMinutes)
    accounts.set(account, made)
    return made
  }

  function decide(
    entry: StoredResponse,
    target: ShapeOf,
    policy: PacedPolicy,
    nowMs: number,
  ): Decided {
    const current = mode()
    const ttlMs =
      current === 'fixed' || entry.status !== 200 || isExcluded(target)
        ? policy.ttlMs
        : of(entry.account, nowMs).ttlMs(current, shapeOf(target), policy, nowMs)
    const fetchedAtTtlMs = decided.get(entry)?.fetchedAtTtlMs ?? entry.storedAtMs
    const made = { round, policy, ttlMs, fetchedAtTtlMs }
    decided.set(entry, made)
    return made
  }

  return {
    mode,
    ttlMs(entry, target, policy, nowMs) {
      const known = decided.get(entry)
      const now =
        known?.round === round && known.policy === policy
          ? known
          : decide(entry, target, policy, nowMs)
      if (now.ttlMs > policy.ttlMs && nowMs - now.fetchedAtTtlMs >= policy.ttlMs) {
        now.fetchedAtTtlMs = nowMs
        of(entry.account, nowMs).fetchedAtTtl(1)
      }
      return now.ttlMs
    },
    looked(before, after, target, policy) {
      if (mode() === 'fixed' || isExcluded(target) || before.status !== 200) return
      of(after.account, after.storedAtMs).looked(shapeOf(target), {
        fromMs: before.storedAtMs,
        toMs: after.storedAtMs,
        isChanged: after.status !== 200 || before.etag !== after.etag,
        policy,
      })
    },
    fetched(before, { ttlMs }, nowMs) {
      if (ttlMs === 0) return
      const sinceMs = decided.get(before)?.fetchedAtTtlMs ?? before.storedAtMs
      of(before.account, nowMs).fetchedAtTtl(Math.min(1, Math.max(0, (nowMs - sinceMs) / ttlMs)))
    },
    count: (account, counted, nowMs) => of(account, nowMs).count(counted, nowMs),
    tick(days, nowMs) {
      const now = mode()
      if (now !== 'fixed') {
        for (const [account, left] of days) of(account, nowMs).tick(now, left, nowMs)
      }
      round++
    },
    report(account, nowMs) {
      const current = mode()
      return current === 'fixed' ? undefined : accounts.peek(account)?.report(current, nowMs)
    },
    describe({ target, client }, entry, policy, nowMs) {
      const current = mode()
      if (current === 'fixed' || isExcluded(target)) return {}
      const account = of(client.account, nowMs)
      const shape = shapeOf(target)
      const ageSeconds = entry && Math.max(0, (nowMs - entry.storedAtMs) / 1_000)
      return {
        freshness: current,
        freshForSecondsNow: account.ttlMs(current, shape, policy, nowMs) / 1_000,
        ...account.describe(shape, policy, nowMs, ageSeconds),
      }
    },
    snapshot: () =>
      ([...accounts.rentries()] as [string, AccountFreshness][]).map(
        ([name, one]) => [name, one.snapshot()] as const,
      ),
    restore(states, nowMs) {
      for (const [account, state] of states.slice(-MAX_ACCOUNTS)) {
        of(account, nowMs).restore(state, nowMs)
      }
      round++
    },
  }
}

const isExcluded = ({ resource }: ShapeOf): boolean =>
  resource === undefined || EXCLUDED.has(resource)

/** The longest name of a shape, characters: parameter names come from clients. */
const MAX_NAME = 200

export function shapeOf({ resource, id, query }: ShapeOf): Shape {
  const names = query.map((parameter) => parameter.split('=', 1)[0] ?? '')
  const path = id === undefined ? (resource ?? '') : `${resource ?? ''}/:id`
  return (names.length === 0 ? path : `${path}?${[...new Set(names)].join('&')}`).slice(0, MAX_NAME)
}
