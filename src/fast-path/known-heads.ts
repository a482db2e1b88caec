/**
 * What the long way made of everything in a request but its target, by the very text of it: who asks, as
 * whom, and how the answer is wanted. A head that differs in one byte is another one, so nothing has to
 * be said here about which header matters.
 */

import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { acceptsGzip, keyHead, requestDirectives } from '../cache/index.js'
import type { RequestDirectives, ResourceName, Share } from '../cache/index.js'
import { summaryOf } from '../observability/access-log.js'
import type { RequestSummary } from '../observability/request-record.js'
import type { CachedRead } from '../server/proxy/read.js'
import type { ProxyExchange } from '../server/proxy/exchange.js'

export interface KnownHead {
  /** Those that an answer has to repeat: its X-Request-Id, if it has one. */
  readonly headers: { readonly 'x-request-id'?: string }
  /** Of the read that it is known by; all but the target and what became of it are the same again. */
  readonly exchange: ProxyExchange
  /** Those that the long way has let it read. */
  readonly resources: Set<ResourceName>
  readonly directives: RequestDirectives
  readonly acceptsGzip: boolean
  readonly ifNoneMatch: string | undefined
  /** Its half of the cache key. */
  readonly keyHead: Readonly<Record<Share, string>>
  /** Of the read that it is known by; all but the target is the same again. */
  readonly request: RequestSummary
}

const MAX_HEADS = 2_000
/** With the bound above one in bytes: some 10 MB. Longer ones go the long way. */
const MAX_LENGTH = 2_048

/** Nothing in a head can hold a line break, so no two heads have the same text. */
export function headText({ httpVersion, rawHeaders, socket }: IncomingMessage): string {
  return `${httpVersion}\n${socket.remoteAddress}\n${rawHeaders.join('\n')}`
}

export class KnownHeads {
  readonly #heads = new LRUCache<string, KnownHead>({ max: MAX_HEADS })

  get(text: string): KnownHead | undefined {
    return this.#heads.get(text)
  }

  /** A read that came the long way and was a hit: the next one like it need not. */
  learn(
    request: FastifyRequest,
    { exchange, read }: { exchange: ProxyExchange; read: CachedRead },
  ): void {
    const text = headText(request.raw)
    if (text.length > MAX_LENGTH) return
    const known = this.#heads.get(text)
    if (known !== undefined) {
      known.resources.add(read.resource)
      return
    }
    const { account, principal } = exchange
    const { headers } = request
    const half = (share: Share): string =>
      keyHead({ account, principal, share, format: read.format })
    const id = headers['x-request-id']
    this.#heads.set(text, {
      headers: typeof id === 'string' ? { 'x-request-id': id } : {},
      exchange,
      resources: new Set([read.resource]),
      directives: requestDirectives(headers),
      acceptsGzip: acceptsGzip(headers['accept-encoding']?.toString()),
      ifNoneMatch: headers['if-none-match'],
      keyHead: { account: half('account'), credential: half('credential') },
      request: summaryOf(request, exchange),
    })
  }
}
