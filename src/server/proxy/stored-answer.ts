/** What of a stored answer a consumer gets: which form of it, under which tag, with which headers. Pure. */

import { gzipEtag, matchesIfNoneMatch } from '../../cache/index.js'
import type { HeaderList, StoredResponse } from '../../cache/index.js'

export interface StoredAnswer {
  readonly status: number
  /** Names in lower case; one that repeats stands there more than once. Without Age and the length. */
  readonly headers: HeaderList
  /** Undefined with 304. */
  readonly body: Buffer | undefined
}

/** Not sent with a 304: they describe a body that does not come (RFC 9110 §15.4.5). */
const OF_THE_BODY: ReadonlySet<string> = new Set(['content-type', 'last-modified'])

export function storedAnswer(
  { status, headers, etag, body, gzipped }: StoredResponse,
  {
    acceptsGzip,
    ifNoneMatch,
  }: { readonly acceptsGzip: boolean; readonly ifNoneMatch: string | undefined },
): StoredAnswer {
  const packed = acceptsGzip ? gzipped : undefined
  const tag = packed === undefined ? etag : gzipEtag(etag)
  const known =
    status === 200 && ifNoneMatch !== undefined ? knownTag(ifNoneMatch, [tag, etag]) : undefined
  const sent: [string, string][] = []
  for (const [name, value] of headers) {
    if (name === 'content-length' || (known !== undefined && OF_THE_BODY.has(name))) continue
    sent.push([name, value])
  }
  if (gzipped !== undefined) sent.push(['vary', 'accept-encoding'])
  if (status === 200) sent.push(['etag', known ?? tag])
  if (known !== undefined) return { status: 304, headers: sent, body: undefined }
  if (packed !== undefined) sent.push(['content-encoding', 'gzip'])
  return { status, headers: sent, body: packed ?? body }
}

/** Either form of the same answer is as good as the other to who has it. */
function knownTag(ifNoneMatch: string, tags: readonly string[]): string | undefined {
  return tags.find((tag) => matchesIfNoneMatch(ifNoneMatch, tag))
}
