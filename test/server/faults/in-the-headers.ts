/** Heads of answers that can be read in two ways, or in none. */
import { says, HEAD_JSON } from './plays.js'
import { garbled, row, type Fault, type Outcome } from './table.js'

const BODY = '{"a":1}'

/** undici gives up by the length that it has read so far. */
const misread: Outcome = {
  kind: 'problem',
  reasons: ['UPSTREAM_GARBLED', 'UPSTREAM_BROKE_OFF'],
}

/** The body fits the first of two lengths, and is chunked where that is said. */
const lengths: readonly Fault[] = [
  ['two lengths that differ', 'content-length: 7\r\ncontent-length: 8'],
  ['two lengths, the first too short', 'content-length: 1\r\ncontent-length: 7'],
  ['a list of lengths', 'content-length: 7, 8'],
  ['a list of equal lengths', 'content-length: 7, 7'],
  ['a negative length', 'content-length: -7'],
  ['a length with a sign', 'content-length: +7'],
  ['a length that is no number', 'content-length: seven'],
  ['a length in hex', 'content-length: 0x7'],
  ['a length with an exponent', 'content-length: 7e0'],
  ['a fraction of a length', 'content-length: 7.0'],
  ['a length past 64 bits', 'content-length: 99999999999999999999'],
  ['a length in two words', 'content-length: 7 7'],
  ['an empty length', 'content-length:'],
  ['a length and chunks', 'content-length: 7\r\ntransfer-encoding: chunked'],
  ['chunks and a length', 'transfer-encoding: chunked\r\ncontent-length: 7'],
].map(([name = '', headers = '']) =>
  row(name, says(`${HEAD_JSON}${headers}\r\n\r\n${BODY}`), misread),
)

const CHUNKED_BODY = `7\r\n${BODY}\r\n0\r\n\r\n`

const codings: readonly Fault[] = [
  'gzip',
  'identity',
  'xchunked',
  'chunked, gzip',
  'gzip, chunked',
  'chunked, chunked',
  '"chunked"',
  'chunked;q=1',
  '\u000bchunked',
].map((coding) =>
  row(
    `transfer-encoding: ${JSON.stringify(coding)}`,
    says(`${HEAD_JSON}connection: close\r\ntransfer-encoding: ${coding}\r\n\r\n${CHUNKED_BODY}`),
    garbled,
  ),
)

const repeatedCoding = row(
  'transfer-encoding twice',
  says(
    `${HEAD_JSON}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
  ),
  garbled,
)

const syntax: readonly Fault[] = [
  ['a space in a name', 'x a: b\r\n'],
  ['a space before the colon', 'x-a : b\r\n'],
  ['no colon', 'x-a b\r\n'],
  ['no name', ': b\r\n'],
  ['a name beyond ASCII', 'x-\u00e9: b\r\n'],
  ['a NUL in a name', 'x-\0: b\r\n'],
  ['a NUL in a value', 'x-a: b\0c\r\n'],
  ['a control character in a value', 'x-a: b\u0001c\r\n'],
  ['a DEL in a value', 'x-a: b\u007fc\r\n'],
  ['a bare CR in a value', 'x-a: b\rx-b: c\r\n'],
  ['a folded line', 'x-a: b\r\n c\r\n'],
  ['a fold at the start', ' x-a: b\r\n'],
].map(([name = '', header = '']) =>
  row(name, says(`${HEAD_JSON}${header}content-length: 7\r\n\r\n${BODY}`), garbled),
)

const bareLineFeeds = row(
  'bare line feeds',
  says(`HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 7\n\n${BODY}`),
  garbled,
)

export const IN_THE_HEADERS: readonly Fault[] = [
  ...lengths,
  ...codings,
  repeatedCoding,
  ...syntax,
  bareLineFeeds,
]
