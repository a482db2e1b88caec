/**
 * The lookup of the fast path: what was learnt of a head and of a target says what to look for, and whatever
 * may have changed since is asked here, each time, of the functions that the slow path asks.
 */

import type { StoredResponse } from '../cache/index.js'
import { hitStatus } from '../server/pipeline/layers/answer-from-cache.js'
import type { LimitHeaders } from '../server/pipeline/limit-headers.js'
import type { FastPathPorts } from '../server/ports/pipeline-features.js'
import type { Found } from '../server/pipeline/profiles/cache-read.js'
import type { RequestTemplate, TemplateKey } from './request-template.js'

export type HitLookupDeps = Omit<FastPathPorts, 'runtime' | 'writes' | 'isInformed'>

export interface FoundHit {
  readonly template: RequestTemplate
  readonly key: TemplateKey
  readonly hit: Found<StoredResponse>
  readonly limits: LimitHeaders
}

/** An answer that was handed to the kernel, or whose connection has ended. */
export interface EndedHit {
  readonly id: string
  readonly statusCode: number
  /** Of `performance.now()`, when the request arrived. */
  readonly startedMs: number
}

export interface HitLookup {
  /** Undefined: it is no plain fresh hit, so the slow path decides. */
  find(template: RequestTemplate): FoundHit | undefined
  /** Once for each answer. */
  ended(found: FoundHit, answer: EndedHit): void
}

export function createHitLookup(deps: HitLookupDeps): HitLookup {
  const { cache, store, credentials, limitHeaders, requests, clock } = deps

  return {
    find(template) {
      const { client } = template.head
      if (clock.wallMs() >= client.untilMs) return undefined
      if (credentials.closedForMs(client.principal.id) !== undefined) return undefined
      const key = template.keyIn(cache.shareOf(client, template.target.resource))
      const entry = store.getNow?.(key.text)
      const found = entry && cache.evaluate(template, entry)
      if (found?.kind !== 'hit') return undefined
      try {
        return { template, key, hit: found, limits: limitHeaders(client.account) }
      } catch {
        // While the ledger cannot say what is left, the slow path answers, and logs it.
        return undefined
      }
    },
    ended({ template, key, hit }, { id, statusCode, startedMs }) {
      requests.record(template.summary, {
        id,
        status: statusCode,
        durationMs: performance.now() - startedMs,
        isCut: false,
        outcome: 'hit',
        cacheStatus: hitStatus(hit),
        key: key.hash,
      })
    },
  }
}
