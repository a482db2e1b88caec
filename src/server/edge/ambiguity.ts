/**
 * Requests that two readers could take for two different ones: where they end, whom they are from, or
 * what they ask for. Node's parser has refused the worst by now; this is what it lets through.
 */

import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../errors/problems.js'

/** Node drops the second one of these without a word, and others on the way may drop the first. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'proxy-authorization',
  'transfer-encoding',
])

/** A host and a port (RFC 9110 §7.2), in the letters that hosts are really made of. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/iu

/**
 * Headers of the message, so Connection must not take them away (RFC 9110 §7.6.1): what the cache or
 * we decided by would not be what is sent.
 */
const OF_THE_MESSAGE =
  /^(?:accept|accept-.*|authorization|cache-control|content-.*|cookie|host|if-.*|pragma|range|user-agent)$/iu

/** Far more than anybody sends. Node would leave out those past 2000 without a word. */
const MAX_HEADERS = 256

/** @throws ProblemError AMBIGUOUS_REQUEST or HEADERS_TOO_LARGE */
export function refuseAmbiguous({ raw }: { readonly raw: IncomingMessage }): void {
  if (raw.rawHeaders.length > 2 * MAX_HEADERS) throw new ProblemError('HEADERS_TOO_LARGE')
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
    if (seen.has(name)) return `${name} stands there twice; send one`
    seen.add(name)
  }
  const { host, connection, 'transfer-encoding': coding } = headers
  if (host !== undefined && !HOST.test(host)) return 'Host must be a host name and a port'
  // RFC 9112 §6.1: HTTP/1.0 has none. Other codings would be lost on the way (§7.4).
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return 'Transfer-Encoding may be chunked and nothing else, and only in HTTP/1.1'
  }
  const taken = connection?.split(',').find((name) => OF_THE_MESSAGE.test(name.trim()))
  return taken && 'Connection names a header that is not of the connection'
}

const OVERRIDE_HEADER = /^x[-_]?(?:http[-_]?)?method(?:[-_]?override)?$/u

/**
 * Whether it asks for another method than that of the request line, in a header or in the parameter
 * `_method`. Whose cached answers a write outdates must not be a guess.
 */
export function overridesMethod({ headers, url = '' }: IncomingMessage): boolean {
  return Object.keys(headers).some((name) => OVERRIDE_HEADER.test(name)) || targetNamesMethod(url)
}

export function targetNamesMethod(url: string): boolean {
  const names = url.split(/[?&;]/u).slice(1)
  return names.some((parameter) => spelt(parameter.split('=')[0] ?? '') === '_method')
}

const spelt = (text: string): string =>
  text
    .replaceAll(/%([0-9a-f]{2})/giu, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .toLowerCase()
    .trim()
