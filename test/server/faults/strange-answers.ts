/** Strange, and yet answers: passed on as they are, stored only where nothing speaks against it. */
import { gzipSync } from 'node:zlib'
import { chunk, HEAD_JSON, says, saysAndEnds } from './plays.js'
import { passed, row, type Fault } from './table.js'

const BODY = '{"status":"OK","client":[]}'
const LENGTH = `content-length: ${BODY.length}\r\n`
const HTML = '<html><body>Bad Gateway at 10.0.0.1</body></html>'
const ok = passed(200, BODY, { mayBeStored: true })
const okOnce = passed(200, BODY)

const gzip = gzipSync(BODY)
/** 64 MiB of blanks in 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '), { level: 9 })

const withBytes = (head: string, body: Buffer): string =>
  `${head}content-length: ${body.length}\r\n\r\n${body.toString('latin1')}`

const interim: readonly Fault[] = [
  row(
    'one 103 before it',
    says(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${HEAD_JSON}${LENGTH}\r\n${BODY}`),
    ok,
  ),
  row(
    'one 102 before it',
    says(`HTTP/1.1 102 Processing\r\n\r\n${HEAD_JSON}${LENGTH}\r\n${BODY}`),
    ok,
  ),
]

const framing: readonly Fault[] = [
  row(
    'trailers',
    says(`${HEAD_JSON}transfer-encoding: chunked\r\n\r\n${chunk(BODY)}0\r\nx-trailer: yes\r\n\r\n`),
    ok,
  ),
  row(
    'chunk extensions',
    says(`${HEAD_JSON}transfer-encoding: chunked\r\n\r\n1b;a="b;c"\r\n${BODY}\r\n0;end\r\n\r\n`),
    ok,
  ),
  row(
    'HTTP/1.0 without a length',
    saysAndEnds(`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${BODY}`),
    ok,
  ),
  row('HTTP/1.1 without a length', saysAndEnds(`${HEAD_JSON}connection: close\r\n\r\n${BODY}`), ok),
  row(
    'a length with zeros before',
    says(`${HEAD_JSON}content-length: 000${BODY.length}\r\n\r\n${BODY}`),
    ok,
  ),
  row(
    'no reason phrase',
    says(`HTTP/1.1 200\r\ncontent-type: application/json\r\n${LENGTH}\r\n${BODY}`),
    ok,
  ),
  row('empty lines before it', says(`\r\n\r\n${HEAD_JSON}${LENGTH}\r\n${BODY}`), ok),
  row(
    'more bytes than its length',
    says(`${HEAD_JSON}${LENGTH}\r\n${BODY}{"client":"of somebody else"}`),
    ok,
  ),
  row(
    'a second answer behind it',
    says(`${HEAD_JSON}${LENGTH}\r\n${BODY}${HEAD_JSON}content-length: 14\r\n\r\n{"poison":"1"}`),
    ok,
  ),
  row(
    'a whole answer behind its last chunk',
    says(
      `${HEAD_JSON}transfer-encoding: chunked\r\n\r\n${chunk(BODY)}0\r\n\r\n${HEAD_JSON}content-length: 14\r\n\r\n{"poison":"2"}`,
    ),
    ok,
  ),
  row('204 with a body', says(`HTTP/1.1 204 No Content\r\n${LENGTH}\r\n${BODY}`), passed(204, '')),
  row(
    '204 with chunks',
    says(`HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n${chunk(BODY)}0\r\n\r\n`),
    passed(204, ''),
  ),
  row(
    '304 with a body',
    says(`HTTP/1.1 304 Not Modified\r\n${LENGTH}\r\n${BODY}`),
    passed(304, ''),
  ),
]

/** A quarter of a MiB, a byte at a time: each would be a buffer of its own. */
const CRUMBS = 262_144
const crumbs = row(
  '262,144 chunks of one byte',
  says(`${HEAD_JSON}transfer-encoding: chunked\r\n\r\n${'1\r\n1\r\n'.repeat(CRUMBS)}0\r\n\r\n`),
  passed(200, '1'.repeat(CRUMBS), { mayBeStored: true }),
)

/** The parser does not ask further. */
const protocols: readonly Fault[] = ['RTSP/1.0', 'HTTP/2.0'].map((protocol) =>
  row(protocol, says(`${protocol} 200 OK\r\ncontent-length: 0\r\n\r\n`), passed(200, '')),
)

const headers: readonly Fault[] = [
  ['bytes beyond ASCII in a value', 'x-a: Z\u00fcrich\r\n'],
  ['UTF-8 in a value', `x-a: ${Buffer.from('Zürich €').toString('latin1')}\r\n`],
  ['__proto__', '__proto__: a\r\n__proto__: b\r\n'],
  ['constructor', 'constructor: a\r\n'],
  ['15 KiB of headers', 'x-a: b\r\n'.repeat(1_500)],
  ['an empty value', 'x-a:\r\n'],
  ['dates that are none', 'date: yesterday\r\nexpires: -1\r\nlast-modified: soon\r\nage: -5\r\n'],
  [
    'connection names that are ours',
    'connection: cache-status, content-type, age, x-a\r\nx-a: b\r\n',
  ],
  ['headers that are ours', 'cache-status: evil; hit\r\nratelimit: 0\r\nserver-timing: x\r\n'],
].map(([name = '', text = '']) => row(name, says(`${HEAD_JSON}${text}${LENGTH}\r\n${BODY}`), ok))

const content: readonly Fault[] = [
  row(
    'HTML with 200',
    says(
      `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${HTML.length}\r\n\r\n${HTML}`,
    ),
    passed(200, HTML),
  ),
  row('no content type', says(`HTTP/1.1 200 OK\r\n${LENGTH}\r\n${BODY}`), okOnce),
  row('an empty 200', says(`${HEAD_JSON}content-length: 0\r\n\r\n`), passed(200, '')),
  row(
    'a 206 that nobody asked for',
    says(
      `HTTP/1.1 206 Partial\r\ncontent-type: application/json\r\ncontent-range: bytes 0-26/99\r\n${LENGTH}\r\n${BODY}`,
    ),
    passed(206, BODY),
  ),
  row(
    'a 200 with a range',
    says(`${HEAD_JSON}content-range: bytes 0-26/99\r\n${LENGTH}\r\n${BODY}`),
    okOnce,
  ),
  row(
    'gzip that nobody asked for',
    says(withBytes(`${HEAD_JSON}content-encoding: gzip\r\n`, gzip)),
    passed(200, gzip),
  ),
  row(
    'a coding that nobody knows',
    says(`${HEAD_JSON}content-encoding: zst-9\r\n${LENGTH}\r\n${BODY}`),
    okOnce,
  ),
  row(
    'gzip that is none',
    says(`${HEAD_JSON}content-encoding: gzip\r\n${LENGTH}\r\n${BODY}`),
    okOnce,
  ),
  row(
    'a gzip bomb',
    says(withBytes(`${HEAD_JSON}content-encoding: gzip\r\n`, bomb)),
    passed(200, bomb),
  ),
  row(
    'a gzip bomb in a 400',
    says(
      withBytes(
        'HTTP/1.1 400 No\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n',
        bomb,
      ),
    ),
    passed(400, bomb),
  ),
  row(
    'HTML with 400',
    says(
      `HTTP/1.1 400 No\r\ncontent-type: text/html\r\ncontent-length: ${HTML.length}\r\n\r\n${HTML}`,
    ),
    passed(400, HTML),
  ),
  row('vary: *', says(`${HEAD_JSON}vary: *\r\n${LENGTH}\r\n${BODY}`), okOnce),
]

/** Where something is stored, that is served in their place. */
const errors: readonly Fault[] = [500, 502, 503, 504, 599].map((status) =>
  row(
    `HTML with ${status}`,
    says(
      `HTTP/1.1 ${status} No\r\ncontent-type: text/html\r\ncontent-length: ${HTML.length}\r\n\r\n${HTML}`,
    ),
    passed(status, HTML),
  ),
)

export const STRANGE_ANSWERS: readonly Fault[] = [
  ...interim,
  ...framing,
  ...protocols,
  crumbs,
  ...headers,
  ...content,
  ...errors,
]
