/**
 * The head of a hit's response as text, but for the id of the request. As long as nothing in it changes it
 * is the same text, and of one second and one entry nothing does.
 */

import { STATUS_CODES } from 'node:http'
import { cacheStatus } from '../cache/index.js'
import type { StoredResponse } from '../cache/index.js'
import type { LimitHeaders } from '../server/proxy/limit-headers.js'
import { storedAnswer } from '../server/proxy/stored-answer.js'
import type { FoundHit } from './look.js'

export interface HitBlock {
  readonly statusCode: number
  readonly beforeId: string
  readonly afterId: string
  /** Undefined with 304. */
  readonly body: Buffer | undefined
  readonly of: {
    readonly entry: StoredResponse
    readonly ageSeconds: number
    readonly ttlSeconds: number
    readonly limits: LimitHeaders
    /** Undefined: it has one of its own. */
    readonly date: string | undefined
  }
}

/** What a header's value may be made of (RFC 9110 §5.5); node:http asks that of each. */
const HEADER_LINES = /^(?:[\t\x20-\x7e\x80-\xff]*\r\n)*$/u

/** Undefined: it has a header that node:http would refuse. */
export function hitBlock(
  { read, hit, limits }: FoundHit,
  connection: string,
): HitBlock | undefined {
  const { entry, ageSeconds, ttlSeconds } = hit
  const last = read.block
  if (
    last?.of.entry === entry &&
    last.of.ageSeconds === ageSeconds &&
    last.of.ttlSeconds === ttlSeconds &&
    last.of.limits === limits &&
    (last.of.date === undefined || last.of.date === dateNow())
  ) {
    return last
  }
  const { status, headers, body } = storedAnswer(entry, read.head)
  let stored = ''
  let date: string | undefined = dateNow()
  for (const [name, value] of headers) {
    stored += `${name}: ${value}\r\n`
    if (name === 'date') date = undefined
  }
  if (!HEADER_LINES.test(stored)) return undefined
  const length = body === undefined ? '' : `content-length: ${body.length}\r\n`
  read.block = {
    statusCode: status,
    beforeId:
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${stored}` +
      `age: ${ageSeconds}\r\nx-request-id: `,
    afterId:
      `\r\ncache-status: ${cacheStatus('hit', { ttlSeconds })}\r\n` +
      `ratelimit: ${limits.ratelimit}\r\nratelimit-policy: ${limits['ratelimit-policy']}\r\n` +
      `${length}${date === undefined ? '' : `Date: ${date}\r\n`}${connection}\r\n`,
    body,
    of: { entry, ageSeconds, ttlSeconds, limits, date },
  }
  return read.block
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
