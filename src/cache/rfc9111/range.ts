/** A part of a complete stored answer (RFC 9110 §14). One range; a request for several gets the whole. */

import { requestHeader, type RequestHeaders } from '../rules/header-list.js'
import { isWeakTag } from './conditional.js'
import type { HttpEntry } from './entry.js'
import { parseHttpDate } from '../../http/http-date.js'
import type { Selecting } from './vary.js'

export type Part =
  | { readonly kind: 'whole' }
  /** Bytes from `start` up to and including `end`. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  /** 416 */
  | { readonly kind: 'unsatisfiable' }

const WHOLE: Part = { kind: 'whole' }

/** What Range asks of this entry; `whole` also where it is to be ignored. */
export function partOf(entry: HttpEntry, request: RequestHeaders): Part {
  const range = requestHeader(request, 'range')
  // RFC 9110 §14.2: Range is defined for a GET that would be answered with 200.
  if (range === undefined || entry.status !== 200 || !isUnchanged(entry, request)) return WHOLE
  const spec = /^bytes=\s*(\d*)-(\d*)\s*$/iu.exec(range.trim())
  const [, first = '', last = ''] = spec ?? []
  if (spec === null || (first === '' && last === '')) return WHOLE
  const { length } = entry.body
  if (first === '') return part(Math.max(0, length - Number(last)), length - 1, length)
  if (last !== '' && Number(last) < Number(first)) return WHOLE
  return part(Number(first), Math.min(last === '' ? Infinity : Number(last), length - 1), length)
}

function part(start: number, end: number, length: number): Part {
  return start < length && start <= end ? { kind: 'part', start, end } : { kind: 'unsatisfiable' }
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

/**
 * A stored part is for requests of the same range only, in the same words: nobody has to read what it
 * says of itself, or to put parts together (RFC 9111 §3.3, §3.4).
 */
export function selectingRange(request: RequestHeaders): Selecting {
  return [
    ['range', requestHeader(request, 'range')],
    ['if-range', undefined],
  ]
}
