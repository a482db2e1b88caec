/**
 * Requests that two servers could read differently: where the request ends, whose it is, or what it
 * asks for. Node's parser refuses the worst of them; these are the ones it lets through.
 */

import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../errors/problems.js'

/** Node silently drops the second one of these; another server may drop the first. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'proxy-authorization',
  'transfer-encoding',
])

/** A host and a port (RFC 9110 §7.2), in the letters that real hosts have. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/iu

/**
 * Connection must not remove these (RFC 9110 §7.6.1): the request that is sent would differ from the one
 * that the cache and the rights were decided by.
 */
const REMOVES_END_TO_END =
  /(?:^|,)\s*(?:accept|accept-[^,]*|authorization|cache-control|content-[^,]*|cookie|host|if-[^,]*|pragma|range|user-agent)\s*(?:,|$)/iu

/** Far more than clients send. Node silently leaves out headers beyond 2,000. */
const MAX_HEADERS = 256

/** @throws ProblemError AMBIGUOUS_REQUEST, HEADERS_TOO_LARGE or EXPECTATION_FAILED */
export async function refuseAmbiguous({ raw }: { readonly raw: IncomingMessage }): Promise<void> {
  if (raw.rawHeaders.length > 2 * MAX_HEADERS) throw new ProblemError('HEADERS_TOO_LARGE')
  if (raw.headers.expect !== undefined && !/^100-continue$/iu.test(raw.headers.expect)) {
    throw new ProblemError('EXPECTATION_FAILED')
  }
  const what = ambiguityOf(raw)
  if (what === undefined) return
  const message = `the request can be read in two ways: ${what}`
  throw new ProblemError('AMBIGUOUS_REQUEST', { message })
}

type Message = Pick<IncomingMessage, 'httpVersion' | 'rawHeaders' | 'headers'>

/** What makes the request ambiguous, as a sentence that says what to send; undefined if nothing does. */
export function ambiguityOf({ httpVersion, rawHeaders, headers }: Message): string | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'the version must be HTTP/1.1'
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (!ONCE.has(name)) continue
    if (seen.has(name)) return `there are two ${name} headers; send one`
    seen.add(name)
  }
  const { host, connection, 'transfer-encoding': coding } = headers
  if (host === undefined && httpVersion === '1.1') return 'there is no Host header; send one'
  if (host !== undefined && !HOST.test(host)) return 'Host must be a host name and a port'
  // RFC 9112 §6.1: HTTP/1.0 has no transfer codings. Others than chunked would be lost (§7.4).
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return 'Transfer-Encoding may only be chunked, and only in HTTP/1.1'
  }
  if (connection === undefined || !REMOVES_END_TO_END.test(connection)) return undefined
  return 'Connection names a header that belongs to the message'
}

const OVERRIDE_HEADER =
  /^(?:x[-_]?(?:http[-_]?|rest[-_]?)?method|http[-_]?method|_method)(?:[-_]?override)?$/u

/**
 * Whether the request names another method than that of its request line, in a header or in the
 * parameter `_method`: the entries that a write invalidates must not depend on who reads it.
 */
export function overridesMethod({ headers, url = '' }: IncomingMessage): boolean {
  for (const name in headers) if (OVERRIDE_HEADER.test(name)) return true
  return targetNamesMethod(url)
}

/** Names are read as PHP reads them: ` .method`, `_method[]` and `_method` are the same there. */
export function targetNamesMethod(url: string): boolean {
  const start = url.search(/[?&;]/u)
  if (start === -1) return false
  for (const parameter of url.slice(start + 1).split(/[?&;]/u)) {
    const written = parameter.split('=', 1)[0] ?? ''
    const name = written.includes('%') ? decoded(written) : written
    if (/^[\s+]*[_.]method\s*(?:\[|$)/iu.test(name)) return true
  }
  return false
}

const decoded = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/giu, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
