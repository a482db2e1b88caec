/** A part of a stored answer (RFC 9110 §14). One range; a request for several gets the whole. */

import { requestHeader, type RequestHeaders } from '../rules/header-list.js'
import { isWeakTag } from './conditional.js'
import type { HttpEntry } from './entry.js'
import { parseHttpDate } from '../../http/http-date.js'
import { rangeInPart, requestedRange } from './selection.js'
import { isSelectedBy, type Selecting } from './vary.js'

export type Part =
  | { readonly kind: 'whole' }
  /** Bytes of the stored body from `start` up to and including `end`. `range`: the Content-Range. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number; readonly range: string }
  /** 416 */
  | { readonly kind: 'unsatisfiable'; readonly range: string }

const WHOLE: Part = { kind: 'whole' }

/** What Range asks of this entry; `whole` also where it is to be ignored. */
export function partOf(entry: HttpEntry, request: RequestHeaders): Part {
  if (entry.status === 206) return partOfPart(entry, request)
  // RFC 9110 §14.2: Range is defined for a GET that would be answered with 200.
  if (entry.status !== 200 || !isUnchanged(entry, request)) return WHOLE
  const { length } = entry.body
  const asked = requestedRange(request, length)
  if (asked === undefined) return WHOLE
  const { first } = asked
  const last = Math.min(asked.last, length - 1)
  if (first > last) return { kind: 'unsatisfiable', range: `bytes */${length}` }
  return { kind: 'part', start: first, end: last, range: `bytes ${first}-${last}/${length}` }
}

/** As it is stored for a request of the same range in the same words, else the bytes that are asked for. */
function partOfPart(entry: HttpEntry, request: RequestHeaders): Part {
  if (isSelectedBy(entry.selecting, request)) return WHOLE
  const found = rangeInPart(entry, request)
  if (found === undefined) return WHOLE
  const { start, total, range } = found
  const { first, last } = range
  const end = start + last - first
  return { kind: 'part', start, end, range: `bytes ${first}-${last}/${total}` }
}

/** If-Range: the whole unless it is certainly the answer of which the consumer has a part (§13.1.5). */
function isUnchanged(entry: HttpEntry, request: RequestHeaders): boolean {
  const ifRange = requestHeader(request, 'if-range')?.trim()
  if (ifRange === undefined) return true
  // Only strong tags, and both of them.
  if (ifRange.startsWith('"')) return ifRange === entry.etag
  if (isWeakTag(ifRange) || entry.lastModified !== ifRange) return false
  const modifiedMs = parseHttpDate(ifRange, entry.dateMs)
  // A date is strong if the answer was made a minute later, as §8.8.2.2 advises.
  return modifiedMs !== undefined && entry.dateMs - modifiedMs >= 60_000
}

/** A stored part is for the same range in the same words, and for ranges within it; see `isSelected`. */
export function selectingRange(request: RequestHeaders): Selecting {
  return [
    ['range', requestHeader(request, 'range')],
    ['if-range', undefined],
  ]
}
