/** Faults before there is a whole head of an answer. */
import { floods, drips, hangs, HEAD_JSON, says, saysAndEnds, saysAndResets } from './plays.js'
import { brokeOff, garbled, row, timedOut, type Fault } from './table.js'

const KIB = 'a'.repeat(1024)

const cutOff: readonly Fault[] = [
  { ...row('reset before any byte', saysAndResets(''), brokeOff), isBeforeAnyByte: true },
  { ...row('closed before any byte', saysAndEnds(''), brokeOff), isBeforeAnyByte: true },
  ...[
    'H',
    'HTTP/1.1 20',
    'HTTP/1.1 200 OK\r\n',
    `${HEAD_JSON}content-le`,
    `${HEAD_JSON}x: y`,
  ].flatMap((start) => [
    row(`reset after ${JSON.stringify(start)}`, saysAndResets(start), brokeOff),
    row(`closed after ${JSON.stringify(start)}`, saysAndEnds(start), brokeOff),
  ]),
]

const waits: readonly Fault[] = [
  row('hangs before any byte', hangs, timedOut),
  row('hangs in the status line', says('HTTP/1.1 2'), timedOut),
  row('hangs in the headers', says(`${HEAD_JSON}content-length: 5\r\n`), timedOut),
  row('drips headers', drips('HTTP/1.1 200 OK\r\n', 'x: y\r\n'), timedOut),
  row('drips one header', drips('HTTP/1.1 200 OK\r\nx: ', 'y'), timedOut),
  row('drips empty lines', drips('', '\r\n'), timedOut),
  row('drips 102 Processing', drips('', 'HTTP/1.1 102 Processing\r\n\r\n', 40), timedOut),
]

const endless: readonly Fault[] = [
  row('endless headers', floods('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(128)), garbled),
  row('one endless header', floods('HTTP/1.1 200 OK\r\nx-a: ', KIB), garbled),
  row('one endless header name', floods('HTTP/1.1 200 OK\r\n', KIB), garbled),
  // Nothing counts these, so it is the time that ends them.
  row('8 MiB of reason phrase', floods('HTTP/1.1 200 ', KIB, { times: 8_192 }), timedOut),
  row('8 MiB of empty lines', floods('', '\r\n'.repeat(512), { times: 8_192 }), timedOut),
  row(
    'endless 103 Early Hints',
    floods('', 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'),
    garbled,
  ),
  row('10,000 x 103', floods('', 'HTTP/1.1 103 Early Hints\r\n\r\n', { times: 10_000 }), garbled),
  row(
    '10,000 x 100 Continue',
    floods('', 'HTTP/1.1 100 Continue\r\n\r\n', { times: 10_000 }),
    brokeOff,
  ),
]

const notHttp: readonly Fault[] = [
  ['bytes of TLS', '\u0016\u0003\u0001\u0002\u0000\u0001'],
  ['a TLS alert', '\u0015\u0003\u0003\u0000\u0002\u0002\u0028'],
  ['an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['an SMTP banner', '220 mail ESMTP\r\n'],
  ['HTTP/0.9', '<html>hello</html>\r\n'],
  ['HTTP/2 settings', '\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000'],
  ['NUL bytes', '\0'.repeat(100)],
  ['a request', 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['another protocol', 'ICY 200 OK\r\n\r\n'],
  ['HTTP/9.9', 'HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['lower case', 'http/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['no version', 'HTTP 200 OK\r\n\r\n'],
].map(([name = '', text = '']) => row(name, saysAndEnds(text), garbled))

const statusLines: readonly Fault[] = [
  '0 Zero',
  '000 Zero',
  '99 Low',
  '099 Low',
  '600 High',
  '999 High',
  '1000 High',
  '20',
  '2 OK',
  '-200 OK',
  '+200 OK',
  '2e2 OK',
  'abc OK',
  '',
].map((status) =>
  row(
    `the status ${JSON.stringify(status)}`,
    says(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`),
    garbled,
  ),
)

/** What the parser takes for a whole answer as soon as the connection ends. */
const toTheEnd: readonly Fault[] = [
  ...['099', '600', '101'].map((status) =>
    row(
      `the status ${status}, to the end of the connection`,
      saysAndEnds(`HTTP/1.1 ${status} A\r\nconnection: close\r\n\r\n{}`),
      garbled,
    ),
  ),
  row(
    '103 and the end of the connection',
    saysAndEnds('HTTP/1.1 103 A\r\nconnection: close\r\n\r\n'),
    brokeOff,
  ),
]

const switching: readonly Fault[] = [
  row(
    '101 and WebSocket',
    says('HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
    brokeOff,
  ),
  row(
    '101 and h2c',
    says('HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\nPRI'),
    brokeOff,
  ),
  row('101 and nothing', says('HTTP/1.1 101 Switching\r\n\r\n'), garbled),
  row(
    '101, then an answer',
    says('HTTP/1.1 101 S\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
    garbled,
  ),
]

export const BEFORE_THE_ANSWER: readonly Fault[] = [
  ...cutOff,
  ...waits,
  ...endless,
  ...notHttp,
  ...statusLines,
  ...switching,
  ...toTheEnd,
]
