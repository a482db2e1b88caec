/** Right heads of answers, and bodies that are not. */
import {
  chunk,
  drips,
  floods,
  HEAD_JSON,
  says,
  saysAndEnds,
  saysAndResets,
  saysAndResetsAtOnce,
} from './plays.js'
import { broken, held, row, tooSlow, type Fault } from './table.js'

const LONG = `${HEAD_JSON}content-length: 1000\r\n\r\n`
const CHUNKED = `${HEAD_JSON}transfer-encoding: chunked\r\n\r\n`
const TO_THE_END = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n'
const START = '{"status":"OK","client":['

const short: readonly Fault[] = [
  row('no byte of the body, closed', saysAndEnds(LONG), broken),
  row('no byte of the body, reset', saysAndResets(LONG), broken),
  row('a short body, closed', saysAndEnds(LONG + START), broken),
  row('a short body, reset', saysAndResets(LONG + START), broken),
  row('one byte short, closed', saysAndEnds(LONG + 'a'.repeat(999)), broken),
  row('one byte short, reset', saysAndResets(LONG + 'a'.repeat(999)), broken),
  row('chunks without an end, closed', saysAndEnds(CHUNKED + chunk(START)), broken),
  row('chunks without an end, reset', saysAndResets(CHUNKED + chunk(START)), broken),
  row('no chunk at all, closed', saysAndEnds(CHUNKED), broken),
  row('half a chunk, closed', saysAndEnds(`${CHUNKED}ff\r\n${START}`), broken),
  row('half a chunk size, closed', saysAndEnds(`${CHUNKED}${chunk(START)}f`), broken),
  row(
    'a last chunk without its end, closed',
    saysAndEnds(`${CHUNKED}${chunk(START)}0\r\n`),
    broken,
  ),
  row(
    'a last chunk without its end, reset',
    saysAndResets(`${CHUNKED}${chunk(START)}0\r\n`),
    broken,
  ),
  row('half a trailer, closed', saysAndEnds(`${CHUNKED}${chunk(START)}0\r\nx-a: b`), broken),
  // A proper end would be the end of the body; a reset is none.
  row('a body to the end of the connection, reset', saysAndResets(TO_THE_END + START), broken),
  row(
    'a body to the end of the connection, reset at once',
    saysAndResetsAtOnce(TO_THE_END + START),
    broken,
  ),
  row(
    'HTTP/1.0 to the end, reset',
    saysAndResets(`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${START}`),
    broken,
  ),
  row(
    'a short body that says close, reset',
    saysAndResets(`${HEAD_JSON}connection: close\r\ncontent-length: 1000\r\n\r\n${START}`),
    broken,
  ),
  row(
    'a short body that says close, closed',
    saysAndEnds(`${HEAD_JSON}connection: close\r\ncontent-length: 1000\r\n\r\n${START}`),
    broken,
  ),
  row(
    'chunks that say close, closed',
    saysAndEnds(
      `${HEAD_JSON}connection: close\r\ntransfer-encoding: chunked\r\n\r\n${chunk(START)}`,
    ),
    broken,
  ),
]

const chunks: readonly Fault[] = [
  ['a size that is no number', `zz\r\n${START}\r\n0\r\n\r\n`],
  ['a negative size', `-5\r\n${START}\r\n0\r\n\r\n`],
  ['a size with 0x', `0x19\r\n${START}\r\n0\r\n\r\n`],
  ['a size past 64 bits', `fffffffffffffffff\r\n${START}\r\n0\r\n\r\n`],
  ['a size with a space before', ` 19\r\n${START}\r\n0\r\n\r\n`],
  ['an empty size', `\r\n${START}\r\n0\r\n\r\n`],
  ['a size too small', `5\r\n${START}\r\n0\r\n\r\n`],
  ['a size too large', `1a\r\n${START}\r\n0\r\n\r\n`],
  ['no line end behind a chunk', `19\r\n${START}0\r\n\r\n`],
  ['bare line feeds', `19\n${START}\n0\n\n`],
  ['a second answer in a chunk', `19\r\n${START}HTTP/1.1 200 OK\r\n`],
  ['garbage in the trailers', `${chunk(START)}0\r\n\0\0\0\r\n\r\n`],
].map(([name = '', text = '']) => row(`chunks: ${name}`, saysAndEnds(CHUNKED + text), broken))

const slow: readonly Fault[] = [
  row('hangs before the body', says(LONG), tooSlow),
  row('hangs in the body', says(LONG + START), tooSlow),
  row('hangs between two chunks', says(CHUNKED + chunk(START)), tooSlow),
  row('hangs before the end of chunks', says(`${CHUNKED}${chunk(START)}0\r\n`), tooSlow),
  row('hangs in a body to the end of the connection', says(TO_THE_END + START), tooSlow),
  row('drips a body', drips(`${HEAD_JSON}content-length: 1000000\r\n\r\n`, 'a', 15), tooSlow),
  row('drips chunks', drips(CHUNKED, '1\r\na\r\n', 15), tooSlow),
  row('drips a body without a length', drips(TO_THE_END, 'a', 15), tooSlow),
  row('drips chunk extensions', drips(`${CHUNKED}1;a=`, 'b', 15), tooSlow),
  row('drips trailers', drips(`${CHUNKED}${chunk(START)}0\r\n`, 'x: y\r\n', 15), tooSlow),
]

const endless: readonly Fault[] = [
  row(
    '8 MiB of chunk extension',
    floods(`${CHUNKED}1;a=`, 'b'.repeat(1024), { times: 8_192 }),
    tooSlow,
  ),
  row(
    'endless trailers',
    floods(`${CHUNKED}${chunk(START)}0\r\n`, 'x-a: b\r\n'.repeat(99)),
    broken,
  ),
]

/** Statuses whose body is read before they are passed on, since it may be a refusal. */
const suspect: readonly Fault[] = [400, 503].flatMap((status) => {
  const head = `HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`
  return [
    row(
      `a ${status} that is closed in the body`,
      saysAndEnds(head + START),
      held(status, 'UPSTREAM_BROKE_OFF'),
    ),
    row(
      `a ${status} that is reset in the body`,
      saysAndResets(head + START),
      held(status, 'UPSTREAM_BROKE_OFF'),
    ),
    row(`a ${status} that hangs in the body`, says(head + START), held(status, 'UPSTREAM_TIMEOUT')),
    row(`a ${status} that drips its body`, drips(head, ' ', 20), held(status, 'UPSTREAM_TIMEOUT')),
  ]
})

export const IN_THE_BODY: readonly Fault[] = [...short, ...chunks, ...slow, ...endless, ...suspect]
