/** Asking the origin whether a stored answer still holds, and what its 304 says (RFC 9111 §4.3). */

import { headerValues, type HeaderList } from '../rules/header-list.js'
import { isSameTag } from './conditional.js'
import { cachePolicy } from './directives.js'
import { createHttpEntry, type HttpEntry, type NewHttpEntry } from './entry.js'
import { lifetimeOf } from './freshness.js'

/** The conditions of our own request; undefined for a part, and where the entry has no validator. */
export function conditionsOf({
  status,
  etag,
  lastModified,
}: HttpEntry): Readonly<Record<string, string>> | undefined {
  if (status === 206 || (etag === undefined && lastModified === undefined)) return undefined
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  }
}

/**
 * Whether a 304 is about this entry. It answers the one tag that we sent, so that it need not repeat
 * it. With another tag it is about something that we do not have (RFC 9111 §4.3.4).
 */
export function isAbout(entry: HttpEntry, notModified: HeaderList): boolean {
  const [tag] = headerValues(notModified, 'etag')
  return tag === undefined || entry.etag === undefined || isSameTag(tag, entry.etag)
}

/**
 * Not taken from a 304: they describe the bytes that are stored (RFC 9111 §3.2), and a 304 that has
 * them speaks of a body that did not come.
 */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'content-digest',
  'repr-digest',
])

/** The entry with the fields of a 304, or of an answer to HEAD, in the place of its own. */
export function freshened(
  entry: HttpEntry,
  answer: Pick<NewHttpEntry, 'headers' | 'arrival' | 'receivedAtMs'>,
): HttpEntry {
  const { arrival, receivedAtMs } = answer
  const isTaken = (name: string): boolean =>
    !OF_THE_BODY.has(name) && !(name === 'etag' && entry.etag !== undefined)
  const news = answer.headers.filter(([name]) => isTaken(name.toLowerCase()))
  // Its Date counts: without one it is of now, not of when the stored answer was made.
  const replaced = new Set(['date', ...news.map(([name]) => name.toLowerCase())])
  const kept = entry.headers.filter(([name]) => !replaced.has(name.toLowerCase()))
  const headers = [...kept, ...news]
  const policy = cachePolicy(headers, entry.policy.targetedField)
  const { target, status, body, selecting } = entry
  const lifetime = lifetimeOf({ status, headers, policy }, arrival)
  return createHttpEntry({
    target,
    status,
    headers,
    body,
    selecting,
    policy,
    lifetime,
    arrival,
    receivedAtMs,
  })
}

/**
 * What an answer to HEAD says of a stored answer to GET (RFC 9111 §4.3.5): `same`, if all it has of
 * validators and length agrees and there is one of them at least; else `other`.
 */
export function headVerdict(entry: HttpEntry, headers: HeaderList): 'same' | 'other' {
  const stored: Readonly<Record<string, string | undefined>> = {
    etag: entry.etag,
    'last-modified': entry.lastModified,
    'content-length': String(entry.body.length),
  }
  const received = Object.keys(stored).flatMap((name) =>
    headerValues(headers, name).map((value) => stored[name] === value),
  )
  return received.length > 0 && received.every(Boolean) ? 'same' : 'other'
}
