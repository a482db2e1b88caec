/** A request of which head and target are known: what is the same each time, made once. */

import type { RequestDirectives, Share, StoredResponse, Target } from '../cache/index.js'
import { shortHash } from '../observability/access-log.js'
import type { RequestSummary } from '../observability/request-record.js'
import type { LimitHeaders } from '../server/pipeline/limit-headers.js'
import type { Identity } from '../server/authentication/authenticate.js'
import type { HeadTemplate } from './head-templates.js'
import type { CachedTarget } from './target-cache.js'

export interface TemplateKey {
  readonly text: string
  /** As it is logged. */
  readonly hash: string
}

/** What was written for a request, except for its id; see response-head.ts. */
export interface ResponseHead {
  readonly statusCode: number
  readonly beforeId: string
  readonly afterId: string
  /** Undefined with 304. */
  readonly body: Buffer | undefined
  readonly of: {
    readonly entry: StoredResponse
    readonly ageSeconds: number
    readonly ttlSeconds: number
    readonly limits: LimitHeaders
    /** Undefined: the stored answer has its own. */
    readonly date: string | undefined
  }
}

export class RequestTemplate {
  readonly head: HeadTemplate
  readonly target: Target & Pick<CachedTarget, 'resource'>
  readonly summary: RequestSummary
  /** What was written for it last. */
  written: ResponseHead | undefined
  readonly #keyTail: string
  readonly #keys: Partial<Record<Share, TemplateKey>> = {}

  constructor(head: HeadTemplate, { target, resource, keyTail }: CachedTarget, rawTarget: string) {
    this.head = head
    this.target = { ...target, resource }
    this.#keyTail = keyTail
    this.summary = { ...head.summary, path: target.path, target: rawTarget, resource }
  }

  get client(): Identity {
    return this.head.client
  }

  get directives(): RequestDirectives {
    return this.head.directives
  }

  keyIn(share: Share): TemplateKey {
    return (this.#keys[share] ??= keyOf(this.head.keyHead[share] + this.#keyTail))
  }
}

const keyOf = (text: string): TemplateKey => ({ text, hash: shortHash(text) })
