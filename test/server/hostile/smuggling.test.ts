/**
 * Where a request ends must have one answer. The upstream here records bytes: what is refused costs no
 * call, and what is taken is exactly the requests that were meant.
 */
import t from 'tap'
import { buildTestProxy } from '../build.js'
import { AUTHORIZATION, bytesOf, open } from './raw-client.js'
import { startRawUpstream } from './raw-upstream.js'

/** Behind everything below; it may come to the upstream only where the bytes before it end cleanly. */
const BEHIND = 'GET /smuggled/ HTTP/1.1\r\nhost: a\r\n\r\n'
const EMPTY_CHUNKED = '0\r\n\r\n'
const post = (headers: readonly string[], body: string): string =>
  bytesOf('POST /task/ HTTP/1.1', headers, body + BEHIND)
const chunked = (body: string): string => post(['transfer-encoding: chunked'], body)
const get = (...headers: string[]): string => bytesOf('GET /client/ HTTP/1.1', headers, BEHIND)

const REFUSED: Readonly<Record<string, string>> = {
  'CL.TE': post(['content-length: 5', 'transfer-encoding: chunked'], EMPTY_CHUNKED),
  'TE.CL': post(['transfer-encoding: chunked', 'content-length: 5'], EMPTY_CHUNKED),
  'TE.CL, zero': post(['transfer-encoding: chunked', 'content-length: 0'], EMPTY_CHUNKED),
  'TE with a space before the colon': post(['transfer-encoding : chunked'], EMPTY_CHUNKED),
  'TE xchunked': post(['transfer-encoding: xchunked'], EMPTY_CHUNKED),
  'TE twice': post(['transfer-encoding: chunked', 'transfer-encoding: chunked'], EMPTY_CHUNKED),
  'TE chunked and x': post(['transfer-encoding: chunked', 'transfer-encoding: x'], EMPTY_CHUNKED),
  'TE x and chunked': post(['transfer-encoding: x', 'transfer-encoding: chunked'], EMPTY_CHUNKED),
  'TE chunked, identity': post(['transfer-encoding: chunked, identity'], EMPTY_CHUNKED),
  'TE identity, chunked': post(['transfer-encoding: identity, chunked'], EMPTY_CHUNKED),
  'TE identity': post(['transfer-encoding: identity'], EMPTY_CHUNKED),
  'TE gzip, chunked': post(['transfer-encoding: gzip, chunked'], EMPTY_CHUNKED),
  'TE chunked, gzip': post(['transfer-encoding: chunked, gzip'], EMPTY_CHUNKED),
  'TE empty': post(['transfer-encoding:'], EMPTY_CHUNKED),
  'TE empty, with CL': post(['transfer-encoding:', 'content-length: 3'], 'abc'),
  'TE ", chunked"': post(['transfer-encoding: , chunked'], EMPTY_CHUNKED),
  'TE "chunked,"': post(['transfer-encoding: chunked,'], EMPTY_CHUNKED),
  'TE vertical tab': post(['transfer-encoding: \u000bchunked'], EMPTY_CHUNKED),
  'TE NUL': post(['transfer-encoding: chu\u0000nked'], EMPTY_CHUNKED),
  'TE quoted': post(['transfer-encoding: "chunked"'], EMPTY_CHUNKED),
  'TE with a parameter': post(['transfer-encoding: chunked;q=1'], EMPTY_CHUNKED),
  'TE folded': post(['transfer-encoding:', ' chunked'], EMPTY_CHUNKED),
  'TE behind a folded line': post(['x: y', ' transfer-encoding: chunked'], EMPTY_CHUNKED),
  'TE in HTTP/1.0': bytesOf('POST /task/ HTTP/1.0', ['transfer-encoding: chunked'], EMPTY_CHUNKED),
  'TE of a GET, with CL': get('transfer-encoding: chunked', 'content-length: 3'),

  'CL twice, the same': post(['content-length: 3', 'content-length: 3'], 'abc'),
  'CL twice, differing': post(['content-length: 3', 'content-length: 39'], 'abc'),
  'CL +3': post(['content-length: +3'], 'abc'),
  'CL -3': post(['content-length: -3'], 'abc'),
  'CL 3,3': post(['content-length: 3,3'], 'abc'),
  'CL 3, 39': post(['content-length: 3, 39'], 'abc'),
  'CL 0x3': post(['content-length: 0x3'], 'abc'),
  'CL 3 3': post(['content-length: 3 3'], 'abc'),
  'CL 3.0': post(['content-length: 3.0'], 'abc'),
  'CL 3e0': post(['content-length: 3e0'], 'abc'),
  'CL "3"': post(['content-length: "3"'], 'abc'),
  'CL over 64 bits': post(['content-length: 18446744073709551619'], 'abc'),
  'CL empty': post(['content-length: '], 'abc'),
  'CL with a space before the colon': post(['content-length : 3'], 'abc'),
  'CL folded': post(['content-length:', ' 3'], 'abc'),
  'CL with a NUL': post(['content-length: 3\u0000'], 'abc'),
  'CL in other digits': post(['content-length: \u00b3'], 'abc'),

  'obs-fold': post(['x: a', ' b', 'content-length: 3'], 'abc'),
  'obs-fold with a tab': post(['x: a', '\tb', 'content-length: 3'], 'abc'),
  'bare LF everywhere': get('x: y').replaceAll('\r\n', '\n'),
  'bare LF between headers': post(['x: a\ny: b', 'content-length: 3'], 'abc'),
  'bare LF hides TE': post(['x: a\ntransfer-encoding: chunked', 'content-length: 3'], 'abc'),
  'bare LF at the end of the block':
    bytesOf('GET /client/ HTTP/1.1').replace(/\r\n$/u, '\n') + BEHIND,
  'bare CR in a value': post(['x: a\ry: b', 'content-length: 3'], 'abc'),
  'bare CR hides TE': post(['x: a\rtransfer-encoding: chunked', 'content-length: 3'], 'abc'),
  'bare CR twice': post(['x: a\r\rcontent-length: 3'], 'abc'),
  'NUL in a value': get('x: a\u0000b'),
  'NUL in a name': get('x\u0000y: b'),
  'control character in a value': get('x: \u0001'),
  'DEL in a value': get('x: \u007f'),
  'space before a colon': get('x : y'),
  'space before the first header': `GET /client/ HTTP/1.1\r\n x: y\r\nhost: a\r\n\r\n${BEHIND}`,
  'no colon': get('xyz'),
  'no name': get(': y'),
  'a name with parentheses': get('x(y): a'),
  'a name with a high byte': get('x\u00e9: a'),
  'a name with a slash': get('x/y: a'),

  'chunk extension with a bare LF': chunked('3;a\nabc\r\n0\r\n\r\n'),
  'chunk extension with a bare CR': chunked('3;a\rb\r\nabc\r\n0\r\n\r\n'),
  'chunk extension without a name': chunked('3;\r\nabc\r\n0\r\n\r\n'),
  'chunk extension behind a space': chunked('3 ;a\r\nabc\r\n0\r\n\r\n'),
  'chunk extension without end': chunked(`3;a="${'x'.repeat(20_000)}"\r\nabc\r\n0\r\n\r\n`),
  'chunk lines with bare LF': chunked('3\nabc\n0\n\n'),
  'chunk data ends with a bare LF': chunked('3\r\nabc\n0\r\n\r\n'),
  'chunk size 0x3': chunked('0x3\r\nabc\r\n0\r\n\r\n'),
  'chunk size +3': chunked('+3\r\nabc\r\n0\r\n\r\n'),
  'chunk size -1': chunked('-1\r\nabc\r\n0\r\n\r\n'),
  'chunk size over 64 bits': chunked('10000000000000003\r\nabc\r\n0\r\n\r\n'),
  'chunk size too small': chunked('2\r\nabc\r\n0\r\n\r\n'),
  'chunk size with an underscore': chunked('1_0\r\nabc\r\n0\r\n\r\n'),
  'space before a chunk size': chunked(' 3\r\nabc\r\n0\r\n\r\n'),
  'space behind a chunk size': chunked('3 \r\nabc\r\n0\r\n\r\n'),
  'chunk size missing': chunked('\r\nabc\r\n0\r\n\r\n'),
  'chunk size in letters': chunked('g\r\nabc\r\n0\r\n\r\n'),
  'trailer with Content-Length': chunked('3\r\nabc\r\n0\r\ncontent-length: 50\r\n\r\n'),
  'trailer with Transfer-Encoding': chunked('3\r\nabc\r\n0\r\ntransfer-encoding: chunked\r\n\r\n'),
  'trailer that is folded': chunked('3\r\nabc\r\n0\r\nx: a\r\n b\r\n\r\n'),

  'no Host': `GET /client/ HTTP/1.1\r\n${AUTHORIZATION}\r\n\r\n${BEHIND}`,
  'Host twice': get('host: other.example'),
  'Host twice, the same': get('host: proxy.example'),
  'Host with a path': get().replace('proxy.example', 'proxy.example/x'),
  'Host with a user': get().replace('proxy.example', 'user@proxy.example'),
  'Host with a comma': get().replace('proxy.example', 'a.example,b.example'),
  'Host with a space': get().replace('proxy.example', 'a.example b.example'),
  'Host with a query': get().replace('proxy.example', 'a.example?x'),
  'Host with an odd port': get().replace('proxy.example', 'a.example:80x'),
  'Host empty': get().replace('proxy.example', ''),
  'Host with percent': get().replace('proxy.example', 'a%2eexample'),
  'credentials twice': get('authorization: Basic b3RoZXI6WA=='),
  'type twice': post(['content-type: a/b', 'content-type: c/d', 'content-length: 3'], 'abc'),

  'Connection: authorization': get('connection: authorization'),
  'Connection: keep-alive, Accept': get('connection: keep-alive, Accept'),
  'Connection twice': get('connection: keep-alive', 'connection: authorization'),
  'Connection: content-length': post(['connection: content-length', 'content-length: 3'], 'abc'),
  'Connection: content-type': post(['connection: content-type', 'content-length: 3'], 'abc'),
  'Connection: host': get('connection: host'),
  'Connection: cache-control': get('connection: cache-control', 'cache-control: no-store'),
  'Connection: cookie': get('connection: cookie'),
  'Connection: if-none-match': get('connection: if-none-match'),

  'HTTP/0.9': `GET /client/\r\n\r\n${BEHIND}`,
  'HTTP/1.2': bytesOf('GET /client/ HTTP/1.2', [], BEHIND),
  'HTTP/2.0': bytesOf('GET /client/ HTTP/2.0', [], BEHIND),
  'HTTP/01.1': bytesOf('GET /client/ HTTP/01.1', [], BEHIND),
  'http/1.1': bytesOf('GET /client/ http/1.1', [], BEHIND),
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a tab in the request line': bytesOf('GET\t/client/ HTTP/1.1', [], BEHIND),
  'two targets': bytesOf('GET /client/ /smuggled/ HTTP/1.1', [], BEHIND),
  'a space behind the version': bytesOf('GET /client/ HTTP/1.1 ', [], BEHIND),
  CONNECT: bytesOf('CONNECT other.example:443 HTTP/1.1', [], BEHIND),
  'CONNECT to a path': bytesOf('CONNECT /client/ HTTP/1.1', [], BEHIND),
  TRACE: bytesOf('TRACE /client/ HTTP/1.1', ['cookie: secret'], BEHIND),
  'an unknown method': bytesOf('FOO /client/ HTTP/1.1', [], BEHIND),
  'a method in small letters': bytesOf('get /client/ HTTP/1.1', [], BEHIND),
}

t.test('what can be framed in two ways costs no call, and the connection ends', async (t) => {
  const upstream = await startRawUpstream(t)
  const { port, ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  let refused = 0
  for (const [name, bytes] of Object.entries(REFUSED)) {
    const connection = await open(port, bytes)
    await connection.untilClosed().catch(() => t.fail(`${name}: still open`))
    const statuses = connection.statuses()
    t.ok(
      statuses.length <= 1 && statuses.every((status) => status >= 400),
      `${name}: ${statuses.join()}`,
    )
    // Whatever was sent on before this is there before it.
    await ask(`/timer/?mark=${refused}`)
    t.match(upstream.requests.at(-1), { target: `/timer/?mark=${refused}` })
    refused++
  }
  const reached = upstream.requests.filter(({ target }) => !target.startsWith('/timer/?mark='))
  t.strictSame(reached, [])
  t.equal(upstream.leftovers(), '')
  t.comment(`${refused} hostile inputs, ${refused} refused, ${reached.length} reached the upstream`)
})

const SMUGGLED = 'GET /smuggled/ '
const ABC = 'POST /task/ abc'
const ONE_WAY: readonly (readonly [name: string, bytes: string, upstream: readonly string[]])[] = [
  ['a plain body', post(['content-length: 3'], 'abc'), [ABC, SMUGGLED]],
  ['leading zeros', post(['content-length: 003'], 'abc'), [ABC, SMUGGLED]],
  ['chunks', chunked('1\r\na\r\n2\r\nbc\r\n0\r\n\r\n'), [ABC, SMUGGLED]],
  [
    'TE with a tab',
    post(['transfer-encoding:\tchunked'], '3\r\nabc\r\n0\r\n\r\n'),
    [ABC, SMUGGLED],
  ],
  [
    'TE in capitals',
    post(['Transfer-Encoding: CHUNKED '], '3\r\nabc\r\n0\r\n\r\n'),
    [ABC, SMUGGLED],
  ],
  ['a chunk extension', chunked('3;a=b;c="d;e"\r\nabc\r\n0\r\n\r\n'), [ABC, SMUGGLED]],
  ['the last chunk as 000', chunked('3\r\nabc\r\n000\r\n\r\n'), [ABC, SMUGGLED]],
  [
    'trailers are dropped',
    chunked('3\r\nabc\r\n0\r\nauthorization: x\r\nx-forwarded-host: y\r\n\r\n'),
    [ABC, SMUGGLED],
  ],
  [
    'a header that only looks like TE',
    post(['transfer_encoding: chunked', 'content_length: 50', 'content-length: 3'], 'abc'),
    [ABC, SMUGGLED],
  ],
  [
    'a request as a body',
    post([`content-length: ${BEHIND.length}`], BEHIND),
    [`POST /task/ ${BEHIND}`, SMUGGLED],
  ],
  [
    'a body of a method that has none',
    bytesOf('PURGE /client/ HTTP/1.1', [`content-length: ${BEHIND.length}`], BEHIND + BEHIND),
    [`PURGE /client/ ${BEHIND}`, SMUGGLED],
  ],
  [
    'a body of GET',
    bytesOf('GET /client/ HTTP/1.1', ['content-length: 3'], `abc${BEHIND}`),
    ['GET /client/ abc', SMUGGLED],
  ],
  [
    'an upgrade to h2c',
    get('connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'),
    ['GET /client/ '],
  ],
  [
    'an upgrade to websocket',
    get('connection: upgrade', 'upgrade: websocket', 'sec-websocket-key: x'),
    ['GET /client/ '],
  ],
  [
    'two spaces in the request line',
    bytesOf('GET  /client/ HTTP/1.1', [], BEHIND),
    ['GET /client/ ', SMUGGLED],
  ],
  ['empty lines before', `\r\n\r\n${get()}`, ['GET /client/ ', SMUGGLED]],
]

t.test('what can be read in one way only is what arrives', async (t) => {
  for (const [name, bytes, expected] of ONE_WAY) {
    const upstream = await startRawUpstream(t)
    const { port, ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
    const connection = await open(port, bytes)
    await connection.untilStatuses(expected.length)
    connection.socket.destroy()
    await ask('/timer/?mark')
    const seen = upstream.requests.map(({ method, target, body }) => `${method} ${target} ${body}`)
    t.strictSame(seen, [...expected, 'GET /timer/?mark '], name)
    t.equal(upstream.leftovers(), '', name)
    const names = upstream.requests.flatMap(({ headers }) => headers.map(([header]) => header))
    const bad =
      /^(?:transfer|content_length|upgrade|http2|sec-websocket-key$|x-forwarded|trailer|te$)/u
    const isUpgrade = name.includes('websocket')
    t.strictSame(
      names.filter((header) => bad.test(header) && !(isUpgrade && header.startsWith('sec-'))),
      [],
      name,
    )
  }
  t.comment(
    `${ONE_WAY.length} odd but clear inputs, each was exactly the requests it was meant to be`,
  )
})

t.test(
  'Expect: 100-continue is answered here, and an expectation that nobody knows is a 417',
  async (t) => {
    const upstream = await startRawUpstream(t)
    const { port } = await buildTestProxy(t, { upstreamUrl: upstream.url })
    const patient = await open(
      port,
      bytesOf('POST /task/ HTTP/1.1', ['expect: 100-continue', 'content-length: 3']),
    )
    await patient.untilStatuses(1)
    t.strictSame(patient.statuses(), [100])
    t.equal(upstream.requests.length, 0)
    patient.socket.write('abc')
    await patient.untilStatuses(2)
    t.strictSame(patient.statuses(), [100, 200])
    patient.socket.destroy()
    t.notMatch(
      upstream.requests[0]?.headers.map(([name]) => name),
      ['expect'],
    )
    const odd = await open(
      port,
      bytesOf('POST /task/ HTTP/1.1', ['expect: 200-ok', 'content-length: 3'], 'abc'),
    )
    await odd.untilStatuses(1)
    t.strictSame(odd.statuses(), [417])
    odd.socket.destroy()
    t.equal(upstream.requests.length, 1)
  },
)
