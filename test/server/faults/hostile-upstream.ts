/**
 * An upstream that plays one fault per request, byte by byte on a bare socket: node:http would not
 * send most of them. Which one is said by `?fault=`, so that any number can be out at once; each
 * target gets its fault once (or when its turn comes), and honest answers before and after.
 */
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { AddressInfo } from 'node:net'

export interface Arrival {
  readonly method: string
  readonly target: string
  readonly head: string
  readonly body: string
  /** Of the connection, counted from 1. */
  readonly connection: number
}

/** Plays on the socket; may go on writing until `signal` says that the other side has gone. */
export type Play = (socket: Socket, arrival: Arrival) => void

export interface HostileOptions {
  /** What a request gets, undefined: an honest answer. */
  readonly faultOf: (arrival: Arrival, turn: number) => Play | undefined
  readonly tls?: TlsOptions
}

/** What an honest answer says: its target, so that it cannot be taken for that of another request. */
export function honestBody({ target, method, head }: Arrival): string {
  const isXml = !/^accept: .*json/im.test(head)
  const said = `${method} ${target}`
  return isXml
    ? `<intervals><said>${said.replaceAll('&', '&amp;')}</said></intervals>`
    : JSON.stringify({ status: 'OK', said, client: [{ id: '1', name: 'a'.repeat(64) }] })
}

export function honestAnswer(arrival: Arrival): string {
  const body = honestBody(arrival)
  const type = body.startsWith('<') ? 'application/xml' : 'application/json'
  const length = Buffer.byteLength(body)
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`
  return arrival.method === 'HEAD' ? head : head + body
}

/** What closes it: a test, or whoever does the same. */
interface Owner {
  teardown(close: () => Promise<unknown>): void
}

export async function startHostileUpstream(t: Owner, { faultOf, tls }: HostileOptions) {
  const arrivals: Arrival[] = []
  const turns = new Map<string, number>()
  const open = new Set<Socket>()
  let connections = 0
  const onConnection = (socket: Socket): void => {
    const connection = ++connections
    open.add(socket)
    let rest = ''
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1')
      for (;;) {
        const taken = takeRequest(rest, connection)
        if (taken === undefined) return
        rest = taken.rest
        const { arrival } = taken
        arrivals.push(arrival)
        const key = `${arrival.method} ${arrival.target}`
        const turn = (turns.get(key) ?? 0) + 1
        turns.set(key, turn)
        const play = faultOf(arrival, turn)
        if (play === undefined) socket.write(honestAnswer(arrival), 'latin1')
        else play(socket, arrival)
      }
    })
  }
  const server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/`,
    arrivals,
    /** Connections that are open now. */
    open,
    connections: () => connections,
    arrived: (target: string) => arrivals.filter((one) => one.target === target),
  }
}

export type HostileUpstream = Awaited<ReturnType<typeof startHostileUpstream>>

function takeRequest(
  bytes: string,
  connection: number,
): { arrival: Arrival; rest: string } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.slice(0, end)
  const [method = '', target = ''] = head.split(' ', 2)
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
  const bodyAt = end + 4
  if (bytes.length < bodyAt + length) return undefined
  const body = bytes.slice(bodyAt, bodyAt + length)
  return {
    arrival: { method, target, head, body, connection },
    rest: bytes.slice(bodyAt + length),
  }
}
