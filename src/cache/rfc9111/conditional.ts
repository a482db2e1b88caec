/** A consumer's own conditions on a stored answer (RFC 9110 §13, RFC 9111 §4.3.2). */

import { requestHeader, type RequestHeaders } from '../rules/header-list.js'
import type { HttpEntry } from './entry.js'
import { parseHttpDate } from '../../http/http-date.js'

type Tagged = Pick<HttpEntry, 'etag' | 'lastModified' | 'dateMs' | 'status'>

/**
 * Whether the consumer has this answer already, so that 304 says all. If-Match and If-Unmodified-Since
 * are for the origin (RFC 9110 §13.1.1) and not looked at. `nowMs` in epoch milliseconds.
 */
export function isKnownToClient(entry: Tagged, request: RequestHeaders, nowMs: number): boolean {
  if (entry.status !== 200 && entry.status !== 206) return false
  const ifNoneMatch = requestHeader(request, 'if-none-match')
  // RFC 9110 §13.2.2: with it, If-Modified-Since does not count.
  if (ifNoneMatch !== undefined) return matchesWeakly(ifNoneMatch, entry.etag)
  const since = requestHeader(request, 'if-modified-since')
  const sinceMs = since === undefined ? undefined : parseHttpDate(since, nowMs)
  if (sinceMs === undefined) return false
  const { lastModified } = entry
  const modifiedMs = lastModified === undefined ? undefined : parseHttpDate(lastModified, nowMs)
  // RFC 9111 §4.3.2: without Last-Modified, its Date.
  return (modifiedMs ?? entry.dateMs) <= sinceMs
}

/** An entity-tag (RFC 9110 §8.8.3). */
const ENTITY_TAG = /(?:W\/)?"[\u0021\u0023-\u007e\u0080-\u00ff]*"/gu

/** RFC 9110 §13.1.2: `*`, or one of the tags; the `W/` before a tag does not count. */
function matchesWeakly(list: string, etag: string | undefined): boolean {
  const text = list.trim()
  if (text === '*') return true
  if (etag === undefined) return false
  // A tag without quotes is none; sent back as it came, it still is the same.
  if (text === etag) return true
  const wanted = opaque(etag)
  return [...text.matchAll(ENTITY_TAG)].some(([tag]) => opaque(tag) === wanted)
}

const opaque = (tag: string): string => tag.replace(/^W\//u, '')

export const isWeakTag = (tag: string): boolean => tag.startsWith('W/')

/** RFC 9110 §8.8.3.2, weak comparison. */
export const isSameTag = (a: string, b: string): boolean => opaque(a) === opaque(b)
