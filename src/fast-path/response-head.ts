/**
 * The head of a hit's response as text, except for the request id. It is kept: within one second, and for one
 * entry, nothing in it changes.
 */

import { STATUS_CODES } from 'node:http'
import { hitHeaders } from './hit-headers.js'
import type { FoundHit } from './hit-lookup.js'
import type { ResponseHead } from './request-template.js'

/** What a header value may consist of (RFC 9110 §5.5); node:http checks the same. */
const HEADER_LINES = /^(?:[\t\x20-\x7e\x80-\xff]*\r\n)*$/u

/** Undefined: it has a header that node:http would refuse. */
export function responseHead(found: FoundHit, connection: string): ResponseHead | undefined {
  const { template, hit, limits } = found
  const { entry, ageSeconds, ttlSeconds } = hit
  const last = template.written
  if (
    last?.of.entry === entry &&
    last.of.ageSeconds === ageSeconds &&
    last.of.ttlSeconds === ttlSeconds &&
    last.of.limits === limits &&
    (last.of.date === undefined || last.of.date === dateNow())
  ) {
    return last
  }
  const { status, headers, body } = hitHeaders(found)
  let lines = ''
  let date: string | undefined = dateNow()
  for (const [name, value] of headers) {
    lines += `${name}: ${value}\r\n`
    if (name === 'date') date = undefined
  }
  if (!HEADER_LINES.test(lines)) return undefined
  if (date !== undefined) lines += `Date: ${date}\r\n`
  template.written = {
    statusCode: status,
    beforeId: `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}x-request-id: `,
    afterId: `\r\n${connection}\r\n`,
    body,
    of: { entry, ageSeconds, ttlSeconds, limits, date },
  }
  return template.written
}

let dateSeconds = NaN
let date = ''

function dateNow(): string {
  const nowMs = Date.now()
  const seconds = Math.floor(nowMs / 1_000)
  if (seconds !== dateSeconds) {
    dateSeconds = seconds
    date = new Date(nowMs).toUTCString()
  }
  return date
}
