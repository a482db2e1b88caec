/** A read of which head and target are known: what is the same each time, made once. */

import type { Share } from '../cache/index.js'
import { shortHash } from '../observability/access-log.js'
import type { RequestSummary } from '../observability/request-record.js'
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
  readonly request: RequestSummary
  /** What was written for it last. */
  block: HitBlock | undefined
  readonly #keys: Partial<Record<Share, KnownKey>> = {}

  constructor(head: KnownHead, known: KnownTarget, rawTarget: string) {
    this.head = head
    this.known = known
    this.rawTarget = rawTarget
    const { target } = known
    this.request = {
      ...head.request,
      path: target.path,
      target: rawTarget,
      resource: known.resource,
    }
  }

  keyIn(share: Share): KnownKey {
    return (this.#keys[share] ??= keyOf(this.head.keyHead[share] + this.known.keyTail))
  }
}

const keyOf = (text: string): KnownKey => ({ text, hash: shortHash(text) })
