/** Consumers that do not speak HTTP as they should. Each resolves when its connection has ended. */

import { connect, type Socket } from 'node:net'

export interface Hostile {
  readonly name: string
  run(port: number, below: (limit: number) => number): Promise<void>
}

const authorization = `authorization: Basic ${Buffer.from('agencyadm01:X').toString('base64')}\r\n`
const head = (line: string, rest = ''): string =>
  `${line}\r\nhost: 127.0.0.1\r\n${authorization}${rest}\r\n`

/** However it goes, it is over after this long. */
const LONGEST_MS = 4_000

function converse(port: number, talk: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => talk(socket))
    const timer = setTimeout(() => socket.destroy(), LONGEST_MS)
    socket.on('data', () => {}).on('error', () => {})
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

const GARBAGE = [
  '\u0016\u0003\u0001\u0002\u0000\u0001',
  'GET\r\n\r\n',
  'GET / HTTP/3\r\n\r\n',
  `POST /task/ HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello`,
  `POST /task/ HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'POST /task/ HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n',
  'GET //a/../b HTTP/1.1\r\nhost: a\r\n\r\n',
  'CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n',
  '\0'.repeat(2_000),
] as const

export const HOSTILE: readonly Hostile[] = [
  {
    name: 'garbage',
    run: (port, below) =>
      converse(port, (socket) => socket.end(GARBAGE[below(GARBAGE.length)] ?? '', 'latin1')),
  },
  {
    name: 'headers without end',
    run: (port) =>
      converse(port, (socket) =>
        socket.end(head('GET / HTTP/1.1', `x: ${'y'.repeat(100_000)}\r\n`)),
      ),
  },
  {
    name: 'a body too long',
    run: (port) =>
      converse(port, (socket) => {
        socket.write(head('PUT /client/100001/ HTTP/1.1', 'content-length: 10000000\r\n'))
        socket.end(Buffer.alloc(400_000, ' '))
      }),
  },
  {
    name: 'slow headers, then gone',
    run: (port, below) =>
      converse(port, (socket) => {
        const text = head('GET /client/ HTTP/1.1')
        let at = 0
        const timer = setInterval(() => socket.write(text[at++] ?? ''), 20)
        setTimeout(() => socket.destroy(), 200 + below(1_500))
        socket.once('close', () => clearInterval(timer))
      }),
  },
  {
    name: 'half a body, then gone',
    run: (port, below) =>
      converse(port, (socket) => {
        socket.write(head('PUT /task/1/ HTTP/1.1', 'content-length: 100\r\n') + '{"title":')
        setTimeout(() => (below(2) === 0 ? socket.end() : socket.resetAndDestroy()), below(300))
      }),
  },
  {
    name: 'half closed',
    run: (port) => converse(port, (socket) => socket.end(head('GET /worktype/ HTTP/1.1'))),
  },
  {
    name: 'pipelining',
    run: (port) =>
      converse(port, (socket) => {
        socket.write(head('GET /worktype/ HTTP/1.1').repeat(10))
        socket.end(head('GET /taskstatus/ HTTP/1.1', 'connection: close\r\n'))
      }),
  },
  {
    name: 'reads nothing',
    run: (port) =>
      converse(port, (socket) => {
        socket.pause()
        socket.write(head('GET /task/?limit=300 HTTP/1.1').repeat(4))
        setTimeout(() => socket.destroy(), 3_000)
      }),
  },
]
