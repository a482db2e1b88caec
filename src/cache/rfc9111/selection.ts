/** Which entry of a URI is the answer to a request (RFC 9111 §4.1), parts of a body included (§3.4). */

import { headerValues, requestHeader } from '../rules/header-list.js'
import type { RequestHeaders } from '../rules/header-list.js'
import { splitList } from './directives.js'
import type { HttpEntry } from './entry.js'
import { isSameField } from './vary.js'

/** Positions in the whole body, both included. */
interface ByteRange {
  readonly first: number
  readonly last: number
}

export function isSelected(entry: HttpEntry, request: RequestHeaders): boolean {
  return entry.selecting.every(
    ([name, value]) =>
      isSameField(name, value, request) ||
      (name === 'accept-language' && isInPreferredLanguage(entry, request)) ||
      (name === 'range' && rangeInPart(entry, request) !== undefined),
  )
}

/**
 * Whether the request prefers one language to all others, and the entry is in it. The origin has this
 * language, so it would choose it again.
 */
function isInPreferredLanguage(entry: HttpEntry, request: RequestHeaders): boolean {
  const [language, ...others] = splitList(
    headerValues(entry.headers, 'content-language').join(',').toLowerCase(),
  )
  if (language === undefined || others.length > 0) return false
  const members = splitList((requestHeader(request, 'accept-language') ?? '').toLowerCase())
  const weighted = members.map((member) => {
    const [tag = '', ...parameters] = member.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    return { tag, weight: weight === undefined ? 1 : Number(weight.slice(2)) }
  })
  const best = Math.max(...weighted.map(({ weight }) => weight))
  const preferred = weighted.filter(({ weight }) => weight === best)
  // NaN: a weight that is none; then nothing is equal to the maximum.
  return best > 0 && preferred.length === 1 && preferred[0]?.tag === language
}

/** The range that Range asks for; the last byte is Infinity where it is left open. */
export function requestedRange(
  request: RequestHeaders,
  totalBytes: number | undefined,
): ByteRange | undefined {
  const range = requestHeader(request, 'range')?.trim()
  const spec = range === undefined ? null : /^bytes=\s*(\d*)-(\d*)\s*$/iu.exec(range)
  const [, first = '', last = ''] = spec ?? []
  if (spec === null || (first === '' && last === '')) return undefined
  if (first !== '') {
    const range = { first: Number(first), last: last === '' ? Infinity : Number(last) }
    return range.last < range.first ? undefined : range
  }
  if (totalBytes === undefined) return undefined
  return { first: Math.max(0, totalBytes - Number(last)), last: totalBytes - 1 }
}

/** A stored part: where it begins, and how long the whole is, bytes; undefined: it does not say. */
function placeOf(entry: HttpEntry): { first: number; totalBytes: number | undefined } | undefined {
  if (entry.status !== 206) return undefined
  const fields = headerValues(entry.headers, 'content-range')
  const place = fields.length === 1 ? /^bytes (\d+)-\d+\/(\d+|\*)$/u.exec(fields[0] ?? '') : null
  if (place === null) return undefined
  const [, first, total] = place
  return { first: Number(first), totalBytes: total === '*' ? undefined : Number(total) }
}

/**
 * The bytes of a stored part that a request for another range asks for, if it has all of them. What it
 * has is counted by its body: a part that is shorter than it says has only that.
 */
export function rangeInPart(
  entry: HttpEntry,
  request: RequestHeaders,
): { readonly range: ByteRange; readonly start: number; readonly total: string } | undefined {
  const place = placeOf(entry)
  if (place === undefined) return undefined
  const { first, totalBytes } = place
  const asked = requestedRange(request, totalBytes)
  if (asked === undefined) return undefined
  const range = { first: asked.first, last: Math.min(asked.last, (totalBytes ?? Infinity) - 1) }
  const start = range.first - first
  const hasAll = start >= 0 && range.last >= range.first && range.last - first < entry.body.length
  return hasAll ? { range, start, total: String(totalBytes ?? '*') } : undefined
}
