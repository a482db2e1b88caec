/**
 * The look-up of the short way: what was learnt of a head and of a target says what to look for, and all
 * that can have changed since is asked here, each time. Then what is said of an answer when it has ended.
 */

import { evaluate } from '../cache/index.js'
import type { Lookup } from '../cache/index.js'
import { limitHeaders } from '../server/proxy/limit-headers.js'
import type { LimitFacts, LimitHeaders } from '../server/proxy/limit-headers.js'
import type { Reading } from '../server/proxy/read.js'
import type { Services } from '../server/services.js'
import type { KnownKey, KnownRead } from './known-read.js'

/** What a hit needs of the services; a process that only answers hits has no more. */
export interface HitServices
  extends
    LimitFacts,
    Pick<Reading, 'policies' | 'generations' | 'writes' | 'accepted' | 'revoked'> {
  readonly deps: Pick<Services['deps'], 'clock'>
  readonly config: object
  readonly log: Services['log']
  readonly store: Pick<Services['store'], 'getNow'>
  readonly gate: Pick<Services['gate'], 'closedForMs'>
  readonly quota: Pick<Services['quota'], 'offer'>
  readonly requests: Pick<Services['requests'], 'record'>
  /**
   * Asked in front of all the others: whether what they say is as of now. By default it is, since what is
   * changed is changed in this process.
   */
  readonly isInformed?: () => boolean
}

export type Hit = Extract<Lookup, { kind: 'hit' }>

export interface FoundHit {
  readonly read: KnownRead
  readonly key: KnownKey
  readonly hit: Hit
  readonly limits: LimitHeaders
}

/** An answer that was handed to the kernel, or whose connection has ended. */
export interface EndedHit {
  readonly id: string
  readonly statusCode: number
  /** Of `performance.now()`, when the request came. */
  readonly startedMs: number
}

export interface HitLook {
  /** Undefined: it is no plain hit, and the long way says what it is. */
  find(read: KnownRead): FoundHit | undefined
  /** Once for each answer. */
  ended(found: FoundHit, answer: EndedHit): void
}

export function createHitLook(services: HitServices): HitLook {
  const { getNow } = services.store

  /** What the long way asks on each request as well, in its order. Undefined: it has to be asked there. */
  function lookNow({ head, known: { resource } }: KnownRead, key: string): Lookup | undefined {
    const { clock } = services.deps
    const { account, principal, authorization, floorMs, untilMs } = head.exchange
    const nowMs = clock.wallMs()
    if (nowMs >= untilMs) return undefined
    if (services.gate.closedForMs(principal.id, clock.monotonicMs()) !== undefined) return undefined
    services.quota.offer(account, authorization)
    const policy = services.policies[resource]
    const entry = getNow?.(key)
    const refusedAtMs = services.revoked.get(principal.id) ?? -Infinity
    if (entry === undefined || entry.storedAtMs <= refusedAtMs) return undefined
    const { directives } = head
    const { generations } = services
    const floorSeconds = floorMs / 1_000
    return evaluate(entry, {
      generations,
      account,
      resource,
      policy,
      directives,
      nowMs,
      floorSeconds,
    })
  }

  /** Undefined where the ledger cannot say: the long way has words for that. */
  function limitsOf(account: string): LimitHeaders | undefined {
    try {
      return limitHeaders(services, account)
    } catch {
      return undefined
    }
  }

  return {
    find(read) {
      const { exchange } = read.head
      const isShared = services.policies[read.known.resource].share === 'account'
      const mayShare = isShared && services.accepted.has(exchange.principal.id)
      const key = read.keyIn(mayShare ? 'account' : 'credential')
      const hit = lookNow(read, key.text)
      if (hit?.kind !== 'hit') return undefined
      const limits = limitsOf(exchange.account)
      return limits === undefined ? undefined : { read, key, hit, limits }
    },
    ended({ read, key, hit: { ttlSeconds } }, { id, statusCode, startedMs }) {
      services.requests.record(read.request, {
        id,
        status: statusCode,
        durationMs: performance.now() - startedMs,
        isCut: false,
        outcome: 'hit',
        cacheStatus: { ttlSeconds },
        key: key.hash,
      })
    },
  }
}
