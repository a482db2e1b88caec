/**
 * What the slow path made of everything in a request but its target, by the exact text: the client, its
 * credential, and how the answer is wanted. A head that differs in one byte is another head, so nothing
 * here has to know which header matters.
 */

import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { acceptsGzip, keyHead } from '../cache/index.js'
import type { RequestDirectives, ResourceName, Share } from '../cache/index.js'
import { summaryOf } from '../observability/access-log.js'
import type { RequestSummary } from '../observability/request-record.js'
import type { Identity } from '../server/authentication/authenticate.js'
import type { ProxyRequest } from '../server/pipeline/request.js'

export interface HeadTemplate {
  /** Headers that the answer repeats: X-Request-Id, if the request has one. */
  readonly headers: { readonly 'x-request-id'?: string }
  readonly client: Identity
  /** Resources that the slow path has let it read. */
  readonly resources: Set<ResourceName>
  readonly directives: RequestDirectives
  readonly acceptsGzip: boolean
  readonly ifNoneMatch: string | undefined
  /** Its half of the cache key, by whose answer it may read. */
  readonly keyHead: Readonly<Record<Share, string>>
  /** Of the request that it was learnt from; the target is another one. */
  readonly summary: RequestSummary
}

const MAX_HEADS = 2_000
/** Together with the bound above, some 10 MB. Longer heads take the slow path. */
const MAX_LENGTH = 2_048

/** Nothing in a head can hold a line break, so no two heads have the same text. */
export function headText({ httpVersion, rawHeaders, socket }: IncomingMessage): string {
  return `${httpVersion}\n${socket.remoteAddress}\n${rawHeaders.join('\n')}`
}

export class HeadTemplates {
  readonly #heads = new LRUCache<string, HeadTemplate>({ max: MAX_HEADS })

  get(text: string): HeadTemplate | undefined {
    return this.#heads.get(text)
  }

  /** A request that was a hit on the slow path: the next one like it need not take it. */
  learn(raw: IncomingMessage, request: ProxyRequest, peer: string): void {
    const text = headText(raw)
    const { resource } = request.target
    if (text.length > MAX_LENGTH || resource === undefined) return
    const known = this.#heads.get(text)
    if (known !== undefined) {
      known.resources.add(resource)
      return
    }
    const { headers, client, directives, format = 'json' } = request
    const { account, principal } = client
    const half = (share: Share): string => keyHead({ account, principal, share, format })
    const id = headers['x-request-id']
    this.#heads.set(text, {
      headers: typeof id === 'string' ? { 'x-request-id': id } : {},
      client,
      resources: new Set([resource]),
      directives,
      acceptsGzip: acceptsGzip(headers['accept-encoding']?.toString()),
      ifNoneMatch: headers['if-none-match'],
      keyHead: { account: half('account'), credential: half('credential') },
      summary: summaryOf(request, peer),
    })
  }
}
