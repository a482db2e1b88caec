/** The messages of the profile `http`: which headers go through, and an entry as one client gets it. Pure. */

import { ageMs, CACHE_NAME, isKnownToClient, partOf } from '../../../cache/index.js'
import type { HeaderList, HttpEntry, RequestHeaders } from '../../../cache/index.js'
import type { Clock } from '../../../limits/index.js'
import { requestHeaders } from '../headers.js'
import type { HeaderRecord } from '../headers.js'
import { OWN_HEADERS } from '../own-headers.js'
import type { RenderedEntry } from '../render.js'
import type { ProxyRequest } from '../request.js'
import type { Forwarding } from './profile.js'

/** Preferences other than `wait` are for the upstream (RFC 7240 §2), as is Idempotency-Key. */
const FORWARDED_HERE = ['idempotency-key', 'prefer'] as const

/** The client's headers as the upstream gets them, before the proxy adds its own conditions. */
export function forwardedHeaders({
  headers,
  client,
}: Pick<ProxyRequest, 'headers' | 'client'>): HeaderRecord {
  const forwarded = requestHeaders(headers, client.authorization)
  for (const name of FORWARDED_HERE) {
    const value = headers[name]
    if (value !== undefined) forwarded[name] = value
  }
  return forwarded
}

/** They are about what one client has or wants. */
const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-range', 'range'] as const

export const hasConditions = (headers: HeaderRecord): boolean =>
  CONDITIONS.some((name) => headers[name] !== undefined)

export function withoutConditions(headers: HeaderRecord): HeaderRecord {
  const rest = { ...headers }
  for (const name of CONDITIONS) delete rest[name]
  return rest
}

/** Via of a response, which came in HTTP/1.1 (RFC 9110 §7.6.3). */
export const withVia = (existing: string | readonly string[] | undefined): string =>
  [existing ?? [], `1.1 ${CACHE_NAME}`].flat().join(', ')

/**
 * The request as the next recipient gets it. OPTIONS and TRACE end here when no hop is left (RFC 9110
 * §7.6.2); TRACE is refused then, because its answer would show the headers that only the proxy gets.
 */
export function nextHop(
  { method }: Pick<ProxyRequest, 'method'>,
  headers: HeaderRecord,
): { readonly sent: HeaderRecord } & Pick<Forwarding, 'local'> {
  const hops = headers['max-forwards']
  const isCounted = method === 'OPTIONS' || method === 'TRACE'
  if (!isCounted || typeof hops !== 'string' || !/^\d{1,9}$/u.test(hops)) return { sent: headers }
  if (Number(hops) > 0) return { sent: { ...headers, 'max-forwards': String(Number(hops) - 1) } }
  const status = method === 'OPTIONS' ? 204 : 405
  const allow: HeaderList = [['allow', 'GET, HEAD, OPTIONS']]
  return {
    sent: headers,
    local: { content: { kind: 'bytes', status, headers: allow, body: Buffer.alloc(0) } },
  }
}

/** Not sent with a 304: they describe a body that is not sent (RFC 9110 §15.4.5). */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-range',
  'content-type',
])

/**
 * `received`: the headers of the response that the entry was just made of; undefined on a hit. `headers` as
 * forwarded, with the client's conditions and range.
 */
export function renderHttp(
  { entry, received }: { readonly entry: HttpEntry; readonly received?: HeaderList },
  { method, headers }: { readonly method: string; readonly headers: RequestHeaders },
  clock: Pick<Clock, 'monotonicMs' | 'wallMs'>,
): RenderedEntry {
  const sent = received ?? headersFromCache(entry, clock.monotonicMs())
  const fields = without(sent, (name) => name === 'content-length')
  if (isKnownToClient(entry, headers, clock.wallMs())) {
    const kept = without(fields, (name) => OF_THE_BODY.has(name))
    return { status: 304, headers: kept, body: undefined }
  }
  const part = method === 'GET' ? partOf(entry, headers) : ({ kind: 'whole' } as const)
  if (part.kind === 'whole') return { status: entry.status, headers: fields, body: entry.body }
  const isPart = part.kind === 'part'
  return {
    status: isPart ? 206 : 416,
    headers: [
      ...without(fields, (name) => name === 'content-range'),
      ['content-range', part.range],
    ],
    body: isPart ? entry.body.subarray(part.start, part.end + 1) : Buffer.alloc(0),
  }
}

function headersFromCache(entry: HttpEntry, nowMs: number): HeaderList {
  const age = String(Math.floor(ageMs(entry, nowMs) / 1_000))
  return [...without(entry.headers, (name) => OWN_HEADERS.has(name)), ['age', age]]
}

const without = (headers: HeaderList, isLeftOut: (name: string) => boolean): HeaderList =>
  headers.filter(([name]) => !isLeftOut(name.toLowerCase()))
