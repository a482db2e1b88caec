/**
 * An upstream without an HTTP parser of anybody: it keeps the bytes that arrive, and finds the
 * requests in them by the plainest reading of RFC 9112. What is left over was smuggled.
 */
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface RawRequest {
  readonly method: string
  readonly target: string
  /** Names in lower case, values as they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export type RawAnswer = (request: RawRequest, count: number) => string

/** Every answer differs from every other one, so that a stored one can be told from a new one. */
const counted: RawAnswer = (_request, count) => json(`{"answer":${count}}`)

/** A whole answer, as bytes on the wire. */
export function json(body: string, headers: readonly string[] = []): string {
  const head = [
    'HTTP/1.1 200 OK',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

export async function startRawUpstream(t: Test, answer: RawAnswer = counted) {
  const requests: RawRequest[] = []
  const sockets: Socket[] = []
  const rests = new Map<Socket, string>()
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      let rest = (rests.get(socket) ?? '') + chunk.toString('latin1')
      for (let taken = takeRequest(rest); taken !== undefined; taken = takeRequest(rest)) {
        rest = taken.rest
        requests.push(taken.request)
        socket.write(Buffer.from(answer(taken.request, requests.length), 'latin1'))
      }
      rests.set(socket, rest)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    sockets,
    /** Bytes that belong to no request: nobody should ever have sent them. */
    leftovers: (): string => [...rests.values()].join(''),
  }
}

export type RawUpstream = Awaited<ReturnType<typeof startRawUpstream>>

function takeRequest(bytes: string): { request: RawRequest; rest: string } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...lines] = bytes.slice(0, end).split('\r\n')
  const [method = '', target = ''] = line.split(' ')
  const headers = lines.map((text) => {
    const colon = text.indexOf(':')
    return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()] as const
  })
  const length = Number(valuesOf(headers, 'content-length')[0] ?? 0)
  const bodyAt = end + 4
  if (bytes.length < bodyAt + length) return undefined
  const body = bytes.slice(bodyAt, bodyAt + length)
  return { request: { method, target, headers, body }, rest: bytes.slice(bodyAt + length) }
}

export function valuesOf(headers: RawRequest['headers'], name: string): string[] {
  return headers.filter(([candidate]) => candidate === name).map(([, value]) => value)
}
