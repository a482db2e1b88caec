/** A read of which head and target are known: what is the same each time, made once. */

import type { Share } from '../cache/index.js'
import { shortHash } from '../observability/access-log.js'
import type { Asked } from '../dashboard/answered.js'
import { namesOf } from '../dashboard/answered-lately.js'
import type { AnsweredNames } from '../dashboard/answered-lately.js'
import type { ProxyExchange } from '../server/proxy/exchange.js'
import type { HitBlock } from './hit-block.js'
import type { KnownHead } from './known-heads.js'
import type { KnownTarget } from './known-targets.js'

export interface KnownKey {
  readonly text: string
  /** As it is logged. */
  readonly hash: string
}

export class KnownRead {
  readonly head: KnownHead
  readonly known: KnownTarget
  readonly rawTarget: string
  /** What it is counted under. */
  readonly names: AnsweredNames
  /** What was written for it last. */
  block: HitBlock | undefined
  readonly #keys: Partial<Record<Share, KnownKey>> = {}

  constructor(head: KnownHead, known: KnownTarget, rawTarget: string) {
    this.head = head
    this.known = known
    this.rawTarget = rawTarget
    this.names = namesOf(this.exchange(0), 200)
  }

  keyIn(share: Share): KnownKey {
    return (this.#keys[share] ??= keyOf(this.head.keyHead[share] + this.known.keyTail))
  }

  exchange(ttlSeconds: number): ProxyExchange {
    const { head, known, rawTarget } = this
    const { target } = known
    const { exchange } = head
    return { ...exchange, target, rawTarget, outcome: 'hit', cacheStatus: { ttlSeconds } }
  }
}

/** A hit as somebody looks at it later, if anybody does: only then it is put together. */
export class AskedHit implements Asked {
  readonly id: string
  readonly method = 'GET'
  readonly #read: KnownRead
  readonly #ttlSeconds: number

  constructor(read: KnownRead, id: string, ttlSeconds: number) {
    this.#read = read
    this.id = id
    this.#ttlSeconds = ttlSeconds
  }

  get exchange(): ProxyExchange {
    return this.#read.exchange(this.#ttlSeconds)
  }
}

const keyOf = (text: string): KnownKey => ({ text, hash: shortHash(text) })
