/**
 * The generations that several replicas share. Before each hit, Redis is asked whether anything has changed:
 * one question for all requests of one turn of the event loop. The answer is newer than all of them, so it
 * includes every write that a replica acknowledged before. With `bounded`, one answer serves for a while.
 */

import { LRUCache } from 'lru-cache'
import type { RedisConnection } from '../connection/redis-connection.js'
import type { PurgeSelection } from '../../cache/stores/store.js'
import type { InvalidationScope } from '../../cache/invalidation/invalidation-scope.js'
import type { OpenWrite } from '../../cache/invalidation/writes.js'
import type { SharedWrites } from '../../cache/replica-ports.js'
import { AccountMirror, MAX_PURGES, namesOf } from './account-mirror.js'
import type { GenerationsState } from './account-mirror.js'
import { FENCE_SCRIPT } from './generations-script.js'
import { accountKey } from './redis-cache-keys.js'

export interface RedisWritesOptions {
  readonly redis: RedisConnection
  /** The prefix of every key. */
  readonly namespace: string
  /** The name of this process among all on the same Redis. */
  readonly replica: string
  readonly monotonicMs: () => number
  /** How far a hit may be behind an acknowledged write of another replica, milliseconds; 0: not at all. */
  readonly maxBehindMs: number
  /** A write that began so long ago has ended, at any replica. */
  readonly writeTtlMs: number
  /** For so long after its end a write may become visible later: then its scope is invalidated again. */
  readonly settleMs: number
  /** A replica purged this; undefined: so much was purged that everything has to go. */
  readonly onPurge: (selection: PurgeSelection | undefined) => void
  readonly onTrouble: (text: string) => void
}

interface Account {
  readonly mirror: AccountMirror
  /** The question of this turn of the event loop, not sent yet. */
  next: Promise<void> | undefined
  /** When the last answered question was asked, monotonic. */
  checkedAtMs: number
}

/** A write of this replica. */
interface OwnWrite {
  readonly account: string
  readonly id: string
  readonly names?: readonly string[]
  state: 'beginning' | 'open' | 'ending'
  /** When Redis was last told of its end. */
  toldAtMs: number
}

/** Accounts in memory; a forgotten one is asked for again. */
const MAX_ACCOUNTS = 10_000
/** After an unanswered question, hits wait for no other one for this long. */
const GIVE_UP_MS = 250
/** How long the answer of a write waits for all replicas; after that, the note of its start protects them. */
const TELL_WITHIN_MS = 2_000
const TELL_AGAIN_MS = 50

export function createRedisWrites(options: RedisWritesOptions): SharedWrites {
  const { redis, namespace, replica, monotonicMs, maxBehindMs, writeTtlMs, settleMs } = options
  const accounts = new LRUCache<string, Account>({ max: MAX_ACCOUNTS })
  const own = new Map<string, OwnWrite>()
  const told: OwnWrite[] = []
  let lastWrite = 0
  let silentUntilMs = -Infinity
  let isUnverified = false
  let isClosed = false

  function accountOf(name: string): Account {
    let account = accounts.get(name)
    if (account === undefined) {
      account = { mirror: new AccountMirror(), next: undefined, checkedAtMs: -Infinity }
      accounts.set(name, account)
    }
    return account
  }

  const keysOf = (account: string): string[] =>
    ['head', 'gens', 'open', 'purges'].map((what) => accountKey(namespace, account, what))

  async function run(name: string, argument: object): Promise<void> {
    const connection = redis.connections()
    // For a purge of all accounts; the configuration bounds their number.
    if (!accountOf(name).mirror.isListed) {
      const accountsKey = `${namespace}accounts`
      await redis.send(['SADD', accountsKey, name], accountsKey)
      accountOf(name).mirror.isListed = true
    }
    const text = await redis.run(FENCE_SCRIPT, keysOf(name), { ...argument, maxPurges: MAX_PURGES })
    const state = JSON.parse(text) as GenerationsState
    const settlingMs = redis.settlingMs()
    const isOwn = (id: string): boolean => own.has(id)
    const at = { connection, nowMs: monotonicMs(), isOwn, settlingMs }
    const purges = accountOf(name).mirror.learn(state, at)
    if (purges === undefined) options.onPurge(undefined)
    else for (const selection of purges) options.onPurge(selection)
  }

  async function check(name: string, account: Account): Promise<void> {
    const askedAtMs = monotonicMs()
    try {
      const connection = redis.connections()
      const head = await redis.get(accountKey(namespace, name, 'head'))
      const isSame = redis.connections() === connection
      const at = { connection, nowMs: monotonicMs() }
      if (!isSame || !account.mirror.isCurrent(head, at)) await run(name, { op: 'look' })
      account.checkedAtMs = askedAtMs
      isUnverified = false
    } catch (error) {
      silentUntilMs = monotonicMs() + GIVE_UP_MS
      if (!isUnverified && !isClosed) {
        options.onTrouble(
          `stored answers cannot be checked with Redis: ${(error as Error).message}`,
        )
      }
      isUnverified = true
    }
  }

  function caughtUp(name: string): Promise<void> | undefined {
    const nowMs = monotonicMs()
    const account = accountOf(name)
    if (nowMs - account.checkedAtMs < maxBehindMs && redis.isReady()) return undefined
    if (!redis.isReady() || nowMs < silentUntilMs) {
      isUnverified = true
      return undefined
    }
    account.next ??= new Promise((resolve) => {
      setImmediate(() => {
        // A request from now on needs a later answer.
        account.next = undefined
        void check(name, account).then(resolve)
      })
    })
    return account.next
  }

  const tell = (op: 'open' | 'close', { account, id, names }: OwnWrite): Promise<void> => {
    const ttlMs = op === 'open' ? writeTtlMs : settleMs
    return run(account, { op, id, ...(names !== undefined && { names }), ttlMs })
  }

  async function begin(account: string, scope: InvalidationScope): Promise<OpenWrite> {
    const id = `${replica}:${++lastWrite}`
    const names = namesOf(scope)
    const write: OwnWrite = {
      account,
      id,
      ...(names !== undefined && { names }),
      state: 'beginning',
      toldAtMs: Infinity,
    }
    own.set(id, write)
    try {
      await tell('open', write)
    } catch (error) {
      own.delete(id)
      throw error
    }
    write.state = 'open'
    let ended: Promise<void> | undefined
    return { end: () => (ended ??= end(write, scope)) }
  }

  // A Redis that lost its data, or was promoted, may not know of these writes.
  redis.onReady(() => {
    const sinceMs = monotonicMs() - 2 * redis.overlapMs
    const again = (op: 'open' | 'close', write: OwnWrite): void => {
      tell(op, write).catch(() => accountOf(write.account).mirror.forget())
    }
    for (const write of own.values()) if (write.state === 'open') again('open', write)
    for (const write of told.splice(0)) if (write.toldAtMs >= sinceMs) again('close', write)
  })

  /** As long as the server that was told may have been replaced. */
  function remember(write: OwnWrite): void {
    write.toldAtMs = monotonicMs()
    if (redis.overlapMs === 0) return
    told.push(write)
    while ((told[0]?.toldAtMs ?? Infinity) < write.toldAtMs - 2 * redis.overlapMs) told.shift()
  }

  async function isTold(write: OwnWrite): Promise<boolean> {
    try {
      await tell('close', write)
    } catch {
      return false
    }
    own.delete(write.id)
    remember(write)
    return true
  }

  const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TELL_AGAIN_MS))

  const isSettling = (): boolean => !isClosed && redis.settlingMs() > 0

  async function end(write: OwnWrite, scope: InvalidationScope): Promise<void> {
    const startedMs = monotonicMs()
    write.state = 'ending'
    while (!(await isTold(write))) {
      if (isClosed || monotonicMs() - startedMs > TELL_WITHIN_MS) {
        own.delete(write.id)
        const { mirror } = accountOf(write.account)
        mirror.forget()
        mirror.doubt(scope, startedMs + writeTtlMs)
        return
      }
      await soon()
    }
    // A replica that still asks the previous server does not see it yet.
    while (isSettling()) await soon()
  }

  return {
    generations: {
      generation: (account, resource) => accountOf(account).mirror.generation(resource),
      isCurrent(account, resource, seen) {
        const { mirror } = accountOf(account)
        return mirror.generation(resource) === seen && !mirror.isInDoubt(resource)
      },
    },
    caughtUp,
    begin,
    purge: (account, selection) => run(account, { op: 'purge', selection }),
    isUnverified: () => isUnverified,
    close() {
      isClosed = true
    },
  }
}
