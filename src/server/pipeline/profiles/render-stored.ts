/** A stored answer as one client gets it: which form of the body, under which tag, with which headers. Pure. */

import {
  acceptsGzip,
  ageSeconds,
  gzipEtag,
  matchesIfNoneMatch,
  OF_ONE_EXCHANGE,
} from '../../../cache/index.js'
import type { HeaderList, StoredResponse } from '../../../cache/index.js'
import { OWN_HEADERS } from '../own-headers.js'
import type { RenderedEntry } from '../render.js'

/** What of a request decides over the form. */
export interface Wanted {
  readonly acceptsGzip: boolean
  readonly ifNoneMatch: string | undefined
}

/** Not sent with a 304: they describe a body that is not sent (RFC 9110 §15.4.5). */
const OF_THE_BODY: ReadonlySet<string> = new Set(['content-type', 'last-modified'])

export function renderStored(
  entry: StoredResponse,
  { headers }: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
  { nowMs, received }: { readonly nowMs: number; readonly received: HeaderList | undefined },
): RenderedEntry {
  const isFromCache = received === undefined
  const rendered = formOf(entry, {
    // The client that the call was made for gets the bytes as they arrived.
    acceptsGzip: isFromCache && acceptsGzip(headers['accept-encoding']?.toString()),
    ifNoneMatch: headers['if-none-match']?.toString(),
  })
  const added: HeaderList = isFromCache
    ? [['age', String(ageSeconds(entry, nowMs))]]
    : received.filter(([name]) => OF_ONE_EXCHANGE.has(name))
  return added.length === 0 ? rendered : { ...rendered, headers: [...rendered.headers, ...added] }
}

/** Without Age, which changes every second. */
export function formOf(
  { status, headers, etag, body, gzipped }: StoredResponse,
  { acceptsGzip, ifNoneMatch }: Wanted,
): RenderedEntry {
  const packed = acceptsGzip ? gzipped : undefined
  const tag = packed === undefined ? etag : gzipEtag(etag)
  // Either form of the same answer is as good as the other to a client that has it.
  const known =
    status === 200 && ifNoneMatch !== undefined
      ? [tag, etag].find((one) => matchesIfNoneMatch(ifNoneMatch, one))
      : undefined
  const sent: [string, string][] = []
  for (const [name, value] of headers) {
    if (name === 'content-length' || OWN_HEADERS.has(name)) continue
    if (known !== undefined && OF_THE_BODY.has(name)) continue
    sent.push([name, value])
  }
  if (gzipped !== undefined) sent.push(['vary', 'accept-encoding'])
  if (status === 200) sent.push(['etag', known ?? tag])
  if (known !== undefined) return { status: 304, headers: sent, body: undefined }
  if (packed !== undefined) sent.push(['content-encoding', 'gzip'])
  return { status, headers: sent, body: packed ?? body }
}
